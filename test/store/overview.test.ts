import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallFact } from '../../src/call/events.js';
import type { FigureFilter, Figures } from '../../src/call/figures.js';
import { type CallRecord, END_REASONS } from '../../src/call/record.js';
import { FakeClock } from '../../src/clock.js';
import { bucketsOf, figuresOf, within } from './figures-of.js';
import { onServer } from './on-server.js';
import { type OpenedStore, openFreshStore, rang } from './opened-store.js';

const HOUR_MS = 3_600_000;

const clock = new FakeClock();
let opened: OpenedStore;
beforeAll(async () => {
  opened = await openFreshStore({ clock });
});
afterAll(() => opened.close());

let count = 0;
const fresh = (what: string) => `${what}-${++count}`;

/** A call that begins now, and everything of it at once. */
function tellCall(facts: readonly CallFact[], more: Parameters<typeof rang>[0] = {}): string {
  const callSid = fresh('CA');
  opened.tell(callSid, rang(more));
  for (const fact of facts) opened.tell(callSid, fact, fact.kind === 'ended' ? 60_000 : 0);
  return callSid;
}

const gap = fc.option(fc.oneof(fc.nat(5000), fc.constantFrom(0, 640)), { nil: undefined });
const agentTurn = fc.record({ gapMs: gap, interrupted: fc.boolean() }).map(({ gapMs, interrupted }) => ({
  role: 'agent' as const,
  text: 'It "left" on Tuesday\n\\',
  heardText: 'It',
  interrupted,
  ...{ startMs: 0, endMs: 1, heardMs: 1 },
  ...(gapMs !== undefined && { responseGapMs: gapMs }),
}));
const callerTurn = fc.constant({ role: 'caller' as const, text: '{"role":"agent"}', startMs: 0, endMs: 1 });
const closed = fc.constantFrom('renewed', 'ended', 'stalled', null);
const content = fc.record({
  afterMs: fc.nat(2 * HOUR_MS),
  turns: fc.array(fc.oneof(agentTurn, callerTurn), { maxLength: 6 }),
  outcomes: fc.array(fc.constantFrom('running' as const, 'answered' as const, 'failed' as const, 'aborted' as const), {
    maxLength: 3,
  }),
  streams: fc.array(closed, { maxLength: 3 }),
  deadAirMs: fc.nat(60_000),
  endReason: fc.option(fc.constantFrom(...END_REASONS)),
  endedAtMs: fc.oneof(fc.constant(0), fc.nat(600_000)),
});

function factsOf({ turns, outcomes, streams, deadAirMs }: typeof content extends fc.Arbitrary<infer T> ? T : never) {
  return [
    ...turns.map((turn, index): CallFact => ({ kind: 'turnChanged', index, turn })),
    ...outcomes.map(
      (outcome, index): CallFact => ({
        kind: 'toolChanged',
        toolCall: {
          ...{ id: `t${index}`, name: 'look', kind: 'http', input: {}, output: { outcome: 'failed' } },
          ...{ startMs: 0, durationMs: 5, outcome },
        },
      }),
    ),
    ...streams.map(
      (each, index): CallFact => ({
        kind: 'streamChanged',
        index,
        stream: { modelId: 'nova', region: 'renewed', openedMs: 0, closedMs: each && 1, closed: each },
      }),
    ),
    { kind: 'audioCounted', audio: { deadAirMs, filledMs: 0, droppedMs: 0, clears: 0 } } as const,
  ];
}

function rounded({ responseGapP50Ms, responseGapP95Ms, ...rest }: Figures) {
  const round = (ms: number | null) => ms && Math.round(ms * 1000) / 1000;
  return { ...rest, p50: round(responseGapP50Ms), p95: round(responseGapP95Ms) };
}

async function asked(filter: Partial<FigureFilter> & Pick<FigureFilter, 'fromMs' | 'toMs'>) {
  return opened.store.figures.inTime({ bucketMs: HOUR_MS, tests: 'excluded', ...filter });
}

describe('figures in time', () => {
  it('are those of the same calls counted by hand, bucket by bucket', { timeout: 120_000 }, async () => {
    const calls = fc.array(content, { maxLength: 14 });
    const shape = fc.record({ calls, skipMs: fc.nat(3 * HOUR_MS), bucketMinutes: fc.integer({ min: 1, max: 240 }) });
    await fc.assert(
      fc.asyncProperty(shape, async ({ calls: contents, skipMs, bucketMinutes }) => {
        const agentId = fresh('agent');
        const firstMs = clock.now();
        const callSids = contents.map((each) => {
          clock.advance(each.afterMs);
          const callSid = tellCall(factsOf(each), { agentId });
          if (each.endReason) opened.tell(callSid, { kind: 'ended', endReason: each.endReason }, each.endedAtMs);
          return callSid;
        });
        await opened.store.flush(5000);
        const records = callSids.map((callSid) => opened.records.peek(callSid)!);
        const range = { fromMs: firstMs + skipMs, toMs: clock.now() + 1 };
        fc.pre(range.fromMs < range.toMs);
        const filter = {
          ...range,
          bucketMs: Math.max(bucketMinutes * 60_000, Math.ceil((range.toMs - range.fromMs) / 500)),
        };

        const { buckets, total, before } = await asked({ ...filter, agentId });

        const expected = (of: readonly CallRecord[]) => rounded(figuresOf(of));
        expect(buckets.map(rounded)).toEqual(bucketsOf(records, filter).map(expected));
        expect(rounded(total)).toEqual(expected(within(records, range.fromMs, range.toMs)));
        const lengthMs = range.toMs - range.fromMs;
        expect(rounded(before)).toEqual(expected(within(records, range.fromMs - lengthMs, range.fromMs)));
      }),
      { numRuns: 30 },
    );
  });

  it('take a percentile of many answers as its definition says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9000), { minLength: 1, maxLength: 200 }), async (gapsMs) => {
        const agentId = fresh('agent');
        const turns = gapsMs.map(
          (responseGapMs, index): CallFact => ({
            kind: 'turnChanged',
            index,
            turn: {
              ...{ role: 'agent', text: '', heardText: '', interrupted: false, startMs: 0, endMs: 0, heardMs: 0 },
              responseGapMs,
            },
          }),
        );
        const record = opened.records.peek(tellCall(turns, { agentId }))!;
        await opened.store.flush(5000);
        const { total } = await asked({ fromMs: clock.now() - 1, toMs: clock.now() + 1, agentId });
        expect(rounded(total)).toEqual(rounded(figuresOf([record])));
      }),
      { numRuns: 15 },
    );
  });

  it('are of the agent, version, number and kind of call that are asked for', async () => {
    const agentId = fresh('agent');
    clock.advance(10 * HOUR_MS);
    const range = { fromMs: clock.now(), toMs: clock.now() + 1, agentId };
    tellCall([], { agentId, agentVersion: 1, from: '+14155550101' });
    tellCall([], { agentId, agentVersion: 2, to: '+14155550102', from: '+14155550102' });
    tellCall([], { agentId, agentVersion: 2, test: true });
    await opened.store.flush(5000);
    const calls = async (more: Partial<FigureFilter>) => (await asked({ ...range, ...more })).total.calls;

    expect(await calls({})).toBe(2);
    expect(await calls({ agentVersion: 2 })).toBe(1);
    expect(await calls({ agentVersion: 2, tests: 'included' })).toBe(2);
    expect(await calls({ tests: 'only' })).toBe(1);
    expect(await calls({ number: '+14155550101' })).toBe(1);
    expect(await calls({ number: '+14155550102' })).toBe(1);
    expect(await calls({ number: '+14155550100', tests: 'included' })).toBe(2);
    expect(await calls({ agentId: 'nobody' })).toBe(0);
    expect(await calls({ fromMs: range.fromMs + 1, toMs: range.toMs + 1 })).toBe(0);
  });

  it('of a turn are those that it has at last', async () => {
    const agentId = fresh('agent');
    const turn = {
      role: 'agent',
      text: '',
      heardText: '',
      interrupted: false,
      startMs: 0,
      endMs: 0,
      heardMs: 0,
    } as const;
    const callSid = tellCall([{ kind: 'turnChanged', index: 0, turn }], { agentId });
    await opened.store.flush(5000);
    opened.tell(callSid, { kind: 'turnChanged', index: 0, turn: { ...turn, responseGapMs: 700, interrupted: true } });
    await opened.store.flush(5000);

    const { total } = await asked({ fromMs: clock.now() - 1, toMs: clock.now() + 1, agentId });

    expect(total).toMatchObject({ agentTurns: 1, interruptions: 1, answers: 1, responseGapP50Ms: 700 });
  });

  it('are counted one at a time, and nothing else waits for them', async () => {
    const range = {
      fromMs: clock.now() - HOUR_MS,
      toMs: clock.now() + 1,
      bucketMs: HOUR_MS,
      tests: 'excluded' as const,
    };
    const many = Array.from({ length: 12 }, () => opened.store.figures.inTime(range));
    const callSid = tellCall([]);
    await opened.store.flush(5000);

    expect(await opened.store.calls.find(callSid)).toMatchObject({ callSid });
    const connections = await onServer<{ count: number }>(
      opened.url,
      `SELECT count(*)::integer AS count FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE '%by_turn%' AND pid <> pg_backend_pid()`,
    );
    expect(connections[0]!.count).toBeLessThanOrEqual(1);
    expect(await Promise.all(many)).toHaveLength(12);
  });
});
