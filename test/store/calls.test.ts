import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CallFact } from '../../src/call/events.js';
import type { CallRecord, EndReason, ToolCallRecord, Turn } from '../../src/call/record.js';
import { summaryOf } from '../../src/call/record.js';
import { FakeClock, realClock } from '../../src/clock.js';
import { storable } from '../../src/storable.js';
import { onServer } from './on-server.js';
import { callerTurn, type OpenedStore, openFreshStore, rang } from './opened-store.js';

const ACTOR = { id: 'token_1', name: 'Ada', role: 'admin' } as const;

const clock = new FakeClock();
let opened: OpenedStore;
beforeAll(async () => {
  opened = await openFreshStore({ clock });
});
afterAll(() => opened.close());

const text = fc.string({ unit: 'binary', maxLength: 20 });
const ms = fc.nat(10_000_000);

const turn: fc.Arbitrary<Turn> = fc.oneof(
  fc.record({ role: fc.constant('caller' as const), text, startMs: ms, endMs: ms }),
  fc.record(
    {
      role: fc.constant('agent' as const),
      text,
      sentText: text,
      heardText: text,
      interrupted: fc.boolean(),
      startMs: ms,
      endMs: ms,
      heardMs: ms,
      responseGapMs: ms,
    },
    { requiredKeys: ['role', 'text', 'heardText', 'interrupted', 'startMs', 'endMs', 'heardMs'] },
  ),
);
const why = fc.record({ reason: text, service: text, problem: text }, { requiredKeys: ['reason'] });
const failure = fc.record({ code: fc.constantFrom('TOOL_FAILED' as const, 'TOOL_TIMEOUT' as const), why });
const anyRun = fc.record({
  id: fc.constantFrom('t1', 't2', 't3'),
  name: text,
  kind: text,
  input: fc.dictionary(text, text, { maxKeys: 3 }),
  output: fc.dictionary(text, fc.oneof(ms, text), { maxKeys: 3 }),
  startMs: ms,
  durationMs: ms,
  outcome: fc.constantFrom('running' as const, 'answered' as const),
});
const toolCall: fc.Arbitrary<ToolCallRecord> = fc.oneof(
  anyRun,
  fc.tuple(anyRun, failure).map(([run, more]) => ({ ...run, outcome: 'failed' as const, ...more })),
);
const tokens = fc.record({ speechTokens: ms, textTokens: ms });

/** Any fact; the index of a turn or stream is a share of what is there, so that none is left out. */
const fact: fc.Arbitrary<(record: CallRecord | undefined) => CallFact> = fc.oneof(
  fc
    .constantFrom<CallFact>(rang(), rang({ direction: 'outbound', agentId: null, agentVersion: null }))
    .map((each) => () => each),
  fc.constantFrom<CallFact>({ kind: 'answered' }, { kind: 'ended', endReason: 'silence' }).map((each) => () => each),
  {
    weight: 3,
    arbitrary: fc.tuple(turn, fc.double({ min: 0, max: 1, noNaN: true })).map(
      ([each, share]) =>
        (record: CallRecord | undefined): CallFact => ({
          kind: 'turnChanged',
          index: Math.floor(share * (record?.turns.length ?? 0)),
          turn: each,
        }),
    ),
  },
  { weight: 3, arbitrary: toolCall.map((each) => () => ({ kind: 'toolChanged', toolCall: each }) as const) },
  fc.record({ input: tokens, output: tokens }).map((usage) => () => ({ kind: 'used', usage }) as const),
  fc
    .record({ deadAirMs: ms, filledMs: ms, droppedMs: ms, clears: ms })
    .map((audio) => () => ({ kind: 'audioCounted', audio }) as const),
  fc
    .constantFrom('TOOL_TIMEOUT' as const, 'VOICE_BACKLOG' as const)
    .map((code) => () => ({ kind: 'faulted', code, count: 2 }) as const),
  text.map((to) => () => ({ kind: 'transferred', to }) as const),
  text.map((status) => () => ({ kind: 'carrierReported', status }) as const),
  text.map((answeredBy) => () => ({ kind: 'answererDetected', answeredBy }) as const),
  fc.record({ modelId: text, region: text, openedMs: ms, closedMs: fc.constant(null), closed: fc.constant(null) }).map(
    (stream) =>
      (record: CallRecord | undefined): CallFact => ({
        kind: 'streamChanged',
        index: record?.streams.length ?? 0,
        stream,
      }),
  ),
);

describe('a call on record', () => {
  it('is the same in the store as in memory, whatever happens in whatever batches', { timeout: 60_000 }, async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ call: fc.nat(2), fact, flush: fc.boolean(), passMs: fc.nat(5000) }), { maxLength: 30 }),
        async (steps) => {
          const prefix = `CA${++count}`;
          const sids = [0, 1, 2].map((each) => `${prefix}-${each}`);
          for (const callSid of sids) opened.tell(callSid, rang());
          for (const { call, fact: factOf, flush, passMs } of steps) {
            clock.advance(passMs);
            opened.tell(sids[call]!, factOf(opened.records.peek(sids[call]!)), passMs / 3);
            if (flush) await opened.store.flush(5000);
          }
          await opened.store.flush(5000);

          for (const callSid of sids) {
            const expected = storable(opened.records.peek(callSid)!);
            expect(await opened.store.calls.find(callSid)).toEqual(expected);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reads property by property like the one in memory', async () => {
    opened.tell('CAorder', rang());
    const record = opened.tell('CAorder', callerTurn(0, 'hello'));
    await opened.store.flush(5000);

    expect(JSON.stringify(await opened.store.calls.find('CAorder'))).toBe(JSON.stringify(record));
  });

  it('holds what the database refuses as the replacement character', async () => {
    opened.tell('CAnul', rang({ from: 'a\0b', variables: { '\0': '\uD800' } }));
    opened.tell('CAnul', callerTurn(0, 'nul \0, half \uDC00, backslash \\u0000, whole 😀'));
    await opened.store.flush(5000);

    expect(await opened.store.calls.find('CAnul')).toMatchObject({
      from: 'a\uFFFDb',
      variables: { '\uFFFD': '\uFFFD' },
      turns: [{ text: 'nul \uFFFD, half \uFFFD, backslash \\u0000, whole 😀' }],
    });
  });

  it('is not there under a name that was never given', async () => {
    expect(await opened.store.calls.find('CAnever')).toBeUndefined();
    expect(await opened.store.calls.find("'; DROP TABLE calls; --")).toBeUndefined();
    expect(await opened.store.calls.find('\0')).toBeUndefined();
    expect(await opened.store.calls.carrierOf('\0')).toBeUndefined();
  });
});

describe('the list of calls', () => {
  const listClock = new FakeClock(Date.UTC(2026, 1, 1));
  let listed: OpenedStore;
  let all: CallRecord[] = [];

  beforeAll(async () => {
    listed = await openFreshStore({ clock: listClock });
    const numbers = ['+14155550100', '+14155550101', '+14155550102'];
    for (let index = 0; index < 60; index++) {
      const callSid = `CA${String((index * 37) % 60).padStart(2, '0')}`;
      const agentId = index % 7 === 0 ? null : `agent_${index % 2}`;
      const from = numbers[index % 3]!;
      const to = numbers[(index >> 1) % 3]!;
      listed.tell(
        callSid,
        rang({
          ...{ from, to, agentId, direction: index % 5 === 0 ? 'outbound' : 'inbound' },
          ...{ agentVersion: (index % 4) + 1, test: index % 6 < 2 },
        }),
      );
      if (index % 4 !== 0) listed.tell(callSid, { kind: 'answered' });
      if (index % 3 !== 0) listed.tell(callSid, { kind: 'ended', endReason: 'caller-hung-up' }, 1000);
      listed.tell(callSid, callerTurn(0, 'hello'));
      // Several in the same millisecond.
      if (index % 3 === 0) listClock.advance(60_000);
    }
    await listed.store.flush(5000);
    all = Array.from({ length: 60 }, (_, index) => listed.records.peek(`CA${String(index).padStart(2, '0')}`)!);
  });
  afterAll(() => listed.close());

  const newestFirst = (a: CallRecord, b: CallRecord) =>
    a.startedAt === b.startedAt ? (a.callSid < b.callSid ? 1 : -1) : a.startedAt < b.startedAt ? 1 : -1;

  it('gives every call that matches once, newest first, page by page, for every combination of filters', async () => {
    const states = [undefined, 'ringing', 'live', 'ended'] as const;
    const numbers = [undefined, '+14155550101'];
    const agentIds = [undefined, 'agent_1'];
    const times = [undefined, '2026-02-01T00:05:00.000Z'];
    for (const state of states) {
      for (const number of numbers) {
        for (const agentId of agentIds) {
          for (const from of times) {
            const to = from && '2026-02-01T00:15:00.000Z';
            const expected = all
              .filter((each) => state === undefined || each.state === state)
              .filter((each) => number === undefined || each.from === number || each.to === number)
              .filter((each) => agentId === undefined || each.agentId === agentId)
              .filter((each) => from === undefined || (each.startedAt >= from && each.startedAt < to!))
              .sort(newestFirst)
              .map(summaryOf);
            const found = [];
            let cursor: string | undefined;
            do {
              const page = await listed.store.calls.list({ state, number, agentId, from, to }, { limit: 7, cursor });
              found.push(...page.items);
              cursor = page.nextCursor ?? undefined;
            } while (cursor);

            expect(found).toEqual(expected);
          }
        }
      }
    }
  });

  it('tells the versions of an agent, and test calls from others', async () => {
    for (const tests of [undefined, 'included', 'excluded', 'only'] as const) {
      for (const agentVersion of [undefined, 2]) {
        for (const number of [undefined, '+14155550101']) {
          const expected = all
            .filter((each) => tests !== 'only' || each.test)
            .filter((each) => tests !== 'excluded' || !each.test)
            .filter((each) => each.agentId === 'agent_1')
            .filter((each) => agentVersion === undefined || each.agentVersion === agentVersion)
            .filter((each) => number === undefined || each.from === number || each.to === number)
            .sort(newestFirst)
            .map(({ callSid }) => callSid);
          const filter = { tests, agentVersion, number, agentId: 'agent_1' };
          const { items } = await listed.store.calls.list(filter, { limit: 60 });

          expect(expected.length).toBeGreaterThan(0);
          expect(items.map(({ callSid }) => callSid)).toEqual(expected);
        }
      }
    }
  });

  it.each([
    '',
    'x',
    Buffer.from('[1,2]').toString('base64url'),
    Buffer.from('["2026-01-01T00:00:00Z","\\u0000"]').toString('base64url'),
  ])('refuses the cursor %j', async (cursor) => {
    await expect(listed.store.calls.list({}, { limit: 5, cursor })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      details: { field: 'cursor' },
    });
  });

  it('refuses times that are none, with the field', async () => {
    await expect(listed.store.calls.list({ to: 'yesterday' }, { limit: 5 })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      details: { field: 'to' },
    });
  });

  it('takes SQL in filters for text', async () => {
    const nasty = "' OR 1=1; DROP TABLE calls; --";

    expect((await listed.store.calls.list({ number: nasty, agentId: nasty }, { limit: 5 })).items).toEqual([]);
    await expect(listed.store.calls.list({ number: '\0' }, { limit: 5 })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });
});

describe('who carries a call', () => {
  it('is known while it lasts, on every instance', async () => {
    const other = await opened.another({ instanceUrl: 'http://127.0.0.1:2' });
    other.tell('CAcarried', rang());
    await other.store.flush(5000);

    expect(await opened.store.calls.carrierOf('CAcarried')).toEqual(other.store.instance);

    other.tell('CAcarried', { kind: 'ended', endReason: 'silence' });
    await other.store.flush(5000);
    expect(await opened.store.calls.carrierOf('CAcarried')).toBeUndefined();
  });

  it('is nobody when its instance has not been seen for a minute', async () => {
    const other = await opened.another();
    other.tell('CAdead', rang());
    await other.store.flush(5000);
    await onServer(opened.url, "UPDATE instances SET seen_at = now() - interval '61 seconds' WHERE id = $1", [
      other.store.instance.id,
    ]);

    expect(await opened.store.calls.carrierOf('CAdead')).toBeUndefined();
  });

  it('is the instance that answered it, and the one before says no more', async () => {
    const lost: string[] = [];
    const first = await opened.another({ lostCalls: (callSids) => void lost.push(...callSids) });
    const second = await opened.another();
    first.tell('CAtaken', rang());
    first.tell('CAtaken', callerTurn(0, 'before'));
    await first.store.flush(5000);
    second.records.adopt((await second.store.calls.find('CAtaken'))!);
    second.tell('CAtaken', { kind: 'answered' });
    second.tell('CAtaken', callerTurn(1, 'after'));
    await second.store.flush(5000);
    first.tell('CAtaken', callerTurn(0, 'too late'));
    first.tell('CAtaken', { kind: 'ended', endReason: 'failed' });
    await first.store.flush(5000);

    expect(await first.store.calls.carrierOf('CAtaken')).toEqual(second.store.instance);
    expect(await first.store.calls.find('CAtaken')).toEqual(second.records.peek('CAtaken'));
    expect(lost).toEqual(['CAtaken']);
    const events = await first.store.feed.since(0, { callSid: 'CAtaken', limit: 100 });
    expect(events.map(({ event }) => event.kind)).toEqual(['rang', 'turnChanged', 'answered', 'turnChanged']);
  });
});

describe('the use of a number', () => {
  it('counts active calls of other living instances, and the ms of ended calls since a moment', async () => {
    const number = '+14155550190';
    const other = await opened.another();
    const dead = await opened.another();
    const sinceMs = clock.now();
    const ended = (from: OpenedStore, callSid: string, fact: CallFact, durationMs: number) => {
      from.tell(callSid, fact);
      from.tell(callSid, { kind: 'ended', endReason: 'silence' }, durationMs);
    };
    ended(other, 'CAuse1', rang({ to: number }), 1000);
    ended(opened, 'CAuse2', rang({ direction: 'outbound', from: number }), 200);
    // A person with that number is not the number's use.
    ended(opened, 'CAuse3', rang({ from: number }), 7000);
    other.tell('CAuse4', rang({ to: number }));
    other.tell('CAuse5', rang({ direction: 'outbound', from: number }));
    opened.tell('CAuse6', rang({ to: number }));
    dead.tell('CAuse7', rang({ to: number }));
    await Promise.all([other, opened, dead].map(({ store }) => store.flush(5000)));
    await dead.close();

    expect(await opened.store.calls.useOf(number, sinceMs)).toEqual({ activeCalls: 2, usedMs: 1200, dials: [] });
    expect(await opened.store.calls.useOf(number, sinceMs + 1)).toEqual({ activeCalls: 2, usedMs: 0, dials: [] });
    clock.advance(5000);
    // Two calls of the other instance go on meanwhile.
    expect((await opened.store.calls.useOf(number, sinceMs)).usedMs).toBeCloseTo(11_200, 0);
  });

  it('counts calls that are put through to a person until the carrier says that they are over, on whatever instance', async () => {
    const number = '+14155550191';
    const other = await opened.another();
    const sinceMs = clock.now();
    const putThrough = (from: OpenedStore, callSid: string, endReason: EndReason = 'transferred') => {
      from.tell(callSid, rang({ to: number }));
      from.tell(callSid, { kind: 'transferred', to: '+14155550142' });
      from.tell(callSid, { kind: 'ended', endReason }, 1000);
    };
    putThrough(opened, 'CAdial1');
    putThrough(other, 'CAdial2', 'fallback');
    putThrough(opened, 'CAdial3');
    opened.tell('CAdial3', { kind: 'dialEnded', wasAnswered: true, durationMs: 30_000 });
    opened.tell('CAdial3', { kind: 'carrierReported', status: 'completed' });
    putThrough(opened, 'CAdial4');
    opened.tell('CAdial4', { kind: 'dialEnded', wasAnswered: false, durationMs: 0 });
    // The agent hung up on somebody who had come back.
    putThrough(opened, 'CAdial5', 'agent-hung-up');
    await Promise.all([other, opened].map(({ store }) => store.flush(5000)));
    clock.advance(60_000);

    const { activeCalls, usedMs, dials } = await opened.store.calls.useOf(number, sinceMs);

    expect([activeCalls, usedMs]).toEqual([0, 5 * 1000 + 30_000]);
    expect(dials.map(({ callSid }) => callSid).sort()).toEqual(['CAdial1', 'CAdial2']);
    for (const { lastedMs } of dials) expect(lastedMs).toBeCloseTo(60_000, 0);
  });
});

describe('a caller who wants to be forgotten', () => {
  const person = '+14155550177';

  it('is: no call, no event and no order of theirs is left, and the audit entry does not name them', async () => {
    opened.tell('CAforget1', rang({ from: person }));
    opened.tell('CAforget1', callerTurn(0, 'my secret'));
    opened.tell('CAforget1', { kind: 'ended', endReason: 'silence' });
    opened.tell('CAforget2', rang({ direction: 'outbound', to: person }));
    opened.tell('CAforget2', { kind: 'ended', endReason: 'silence' });
    // Theirs is the other side: not about them.
    opened.tell('CAstays', rang({ to: person }));
    opened.tell('CAstays', { kind: 'ended', endReason: 'silence' });
    await opened.store.outbound.enter({
      ...{ id: 'order_forget', callSid: null, from: '+14155550100', to: person, agentId: 'agent_1', agentVersion: 1 },
      ...{ variables: {}, onMachine: 'continue' },
    });

    const callSids = await opened.store.calls.deleteCaller(person, ACTOR);

    expect(callSids).toEqual(['CAforget1', 'CAforget2']);
    expect(await opened.store.calls.find('CAforget1')).toBeUndefined();
    expect(await opened.store.calls.find('CAstays')).toBeDefined();
    expect(await opened.store.feed.since(0, { callSid: 'CAforget1', limit: 10 })).toEqual([]);
    expect(await opened.store.outbound.find('order_forget')).toBeUndefined();
    const { items } = await opened.store.audit.list({ action: 'caller.deleted' }, { limit: 10 });
    expect(items).toMatchObject([{ actor: ACTOR, subject: 'caller/**********77', before: { calls: 2 } }]);
    expect(JSON.stringify(items)).not.toContain(person.slice(2, 9));
  });

  it('does not come back with what is said of the call later', async () => {
    opened.tell('CAlate', rang({ from: '+14155550178' }));
    opened.tell('CAlate', { kind: 'ended', endReason: 'silence' });
    await opened.store.calls.deleteCaller('+14155550178', ACTOR);
    opened.tell('CAlate', { kind: 'carrierReported', status: 'completed' });
    await opened.store.flush(5000);

    expect(await opened.store.calls.find('CAlate')).toBeUndefined();
    expect(await opened.store.feed.since(0, { callSid: 'CAlate', limit: 10 })).toEqual([]);
  });

  it('loses their recordings before their calls, so that who asks again finds what is left', async () => {
    opened.tell('CAorphan', rang({ from: '+14155550180' }));
    opened.tell('CAorphan', { kind: 'ended', endReason: 'silence' });
    const failing = opened.store.calls.deleteCaller('+14155550180', ACTOR, () => Promise.reject(new Error('no disk')));
    await expect(failing).rejects.toThrow('no disk');
    const removed: string[][] = [];
    const callSids = await opened.store.calls.deleteCaller('+14155550180', ACTOR, async (given) => {
      expect(await opened.store.calls.find('CAorphan')).toBeDefined();
      removed.push([...given]);
    });

    expect(removed).toEqual([['CAorphan']]);
    expect(callSids).toEqual(['CAorphan']);
    expect(await opened.store.calls.find('CAorphan')).toBeUndefined();
  });

  it('is forgotten with the call that ends meanwhile', async () => {
    const from = '+14155550181';
    const end = async (callSid: string) => {
      opened.tell(callSid, rang({ from }));
      opened.tell(callSid, { kind: 'ended', endReason: 'silence' });
      await opened.store.flush(5000);
    };
    await end('CAfirst');
    const removed: string[][] = [];
    const callSids = await opened.store.calls.deleteCaller(from, ACTOR, async (given) => {
      removed.push([...given]);
      if (removed.length === 1) await end('CAsecond');
    });

    expect([removed, callSids]).toEqual([
      [['CAfirst'], ['CAsecond']],
      ['CAfirst', 'CAsecond'],
    ]);
  });

  it('loses the recordings that other instances have as well', async () => {
    const removed: string[] = [];
    const other = await opened.another({ removedCalls: (callSids) => removed.push(...callSids) });
    opened.tell('CAeverywhere', rang({ from: '+14155550182' }));
    opened.tell('CAeverywhere', { kind: 'ended', endReason: 'silence' });
    // It hears from the moment on at which its connection for that stands.
    await vi.waitFor(
      async () => {
        await onServer(opened.url, "SELECT pg_notify('oratio_gone_calls', 'CAprobe')");
        expect(removed).toContain('CAprobe');
      },
      { interval: 5, timeout: 60_000 },
    );
    await opened.store.calls.deleteCaller('+14155550182', ACTOR);
    await vi.waitFor(() => expect(removed).toContain('CAeverywhere'), { interval: 5, timeout: 60_000 });
    await other.close();
  });

  it('is out of the memory of an instance that did not hear of it, and off its disk, as soon as it hears again', async () => {
    const lost: string[] = [];
    const removalsMissed = vi.fn();
    opened.tell('CAknown', rang());
    opened.tell('CAunheard', rang({ from: '+14155550184' }));
    opened.tell('CAunheard', { kind: 'ended', endReason: 'silence' });
    await opened.store.flush(5000);
    await opened.store.calls.deleteCaller('+14155550184', ACTOR);
    const other = await opened.another({
      clock: realClock(),
      keptCalls: () => ['CAunheard', 'CAknown', 'CAnotWritten'],
      lostCalls: (callSids) => lost.push(...callSids),
      removalsMissed,
    });
    await vi.waitFor(
      async () => {
        await onServer(
          opened.url,
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE application_name LIKE '%listening' AND datname = current_database()`,
        );
        expect([...new Set(lost)]).toEqual(['CAunheard']);
        expect(removalsMissed).toHaveBeenCalled();
      },
      { interval: 1500, timeout: 60_000 },
    );
    await other.close();
  });

  it('is known to be deleted, until it comes back', async () => {
    const end = async (callSid: string) => {
      opened.tell(callSid, rang({ from: '+14155550183' }));
      opened.tell(callSid, { kind: 'ended', endReason: 'silence' });
      await opened.store.flush(5000);
    };
    const deleted = async () => {
      const answers: (readonly string[])[] = [];
      await opened.store.deletedOf(['CAdeleted1', 'CAdeleted2', 'CAnever'], async (found) => answers.push(found));
      return answers.flat().sort();
    };
    await end('CAdeleted1');
    await end('CAdeleted2');
    const before = await deleted();
    await opened.store.calls.deleteCaller('+14155550183', ACTOR);
    const after = await deleted();
    opened.records.forget('CAdeleted1');
    await end('CAdeleted1');

    expect([before, after, await deleted()]).toEqual([[], ['CAdeleted1', 'CAdeleted2'], ['CAdeleted2']]);
  });

  it('waits until their call is over', async () => {
    opened.tell('CAlive', rang({ from: '+14155550179' }));

    await expect(opened.store.calls.deleteCaller('+14155550179', ACTOR)).rejects.toMatchObject({
      code: 'CONFLICT',
      details: { callSids: ['CAlive'] },
    });
    expect(await opened.store.calls.find('CAlive')).toBeDefined();
  });
});
