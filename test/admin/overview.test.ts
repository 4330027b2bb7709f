import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { figuresOf, within } from '../store/figures-of.js';
import { type OpenedStore, openFreshStore, rang } from '../store/opened-store.js';
import { type Api, startApi } from './rig.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const clock = new FakeClock();
let opened: OpenedStore;
let api: Api;
let calls: string[];
beforeAll(async () => {
  opened = await openFreshStore({ clock });
  api = await startApi({ opened, clock });
  // Two calls a day apart, with one answer each; the second one goes on.
  calls = ['CAfirst', 'CAsecond'];
  for (const [index, callSid] of calls.entries()) {
    if (index > 0) clock.advance(DAY_MS);
    const turn = {
      role: 'agent',
      text: '',
      heardText: '',
      startMs: 0,
      endMs: 1,
      heardMs: 1,
      interrupted: index > 0,
    } as const;
    opened.tell(callSid, rang());
    opened.tell(callSid, { kind: 'turnChanged', index: 0, turn: { ...turn, responseGapMs: 600 + 100 * index } });
    if (index === 0) opened.tell(callSid, { kind: 'ended', endReason: 'caller-hung-up' }, 30_000);
  }
  opened.tell('CAtest', rang({ test: true }));
  await opened.store.flush(5000);
  clock.advance(MINUTE_MS);
});
afterAll(async () => {
  await api.close();
  await opened.close();
});

const iso = (ms: number) => new Date(ms).toISOString();
async function asked(query: Record<string, string | number> = {}) {
  const texts = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
  const search = new URLSearchParams(texts);
  return api.api('GET', `/api/overview?${search}`);
}

describe('GET /api/overview', () => {
  it('answers the last day and the day before it', async () => {
    const { status, body } = await asked();
    const records = calls.map((callSid) => opened.records.peek(callSid)!);
    const [fromMs, toMs] = [clock.now() - DAY_MS, clock.now()];

    expect(status).toBe(200);
    expect(body).toMatchObject({ at: iso(toMs), from: iso(fromMs), to: iso(toMs), bucketMinutes: 30 });
    expect(body.buckets).toHaveLength(48);
    expect(body.buckets.at(-1)).toEqual({
      from: iso(toMs - 30 * MINUTE_MS),
      to: iso(toMs),
      ...figuresOf(records.slice(1)),
    });
    expect(body.buckets[0]).toEqual({ from: iso(fromMs), to: iso(fromMs + 30 * MINUTE_MS), ...figuresOf([]) });
    expect(body.total).toEqual(figuresOf(within(records, fromMs, toMs)));
    expect(body.before).toEqual({ from: iso(fromMs - DAY_MS), to: iso(fromMs), ...figuresOf(records.slice(0, 1)) });
    expect(body.total).toMatchObject({
      calls: 1,
      responseGapP50Ms: 700,
      toolFailures: null,
      callMs: null,
      renewals: null,
    });
  });

  it('cuts the last bucket at the end of the range, and says nothing of a time that has not come', async () => {
    const nowMs = clock.now();
    const { body } = await asked({ from: iso(nowMs - 3 * MINUTE_MS), to: iso(nowMs + 90_000), bucketMinutes: 2 });

    expect(body.buckets.map(({ from, to, calls: count }: Record<string, unknown>) => [from, to, count])).toEqual([
      [iso(nowMs - 3 * MINUTE_MS), iso(nowMs - MINUTE_MS), 0],
      [iso(nowMs - MINUTE_MS), iso(nowMs + MINUTE_MS), 1],
      [iso(nowMs + MINUTE_MS), iso(nowMs + 90_000), null],
    ]);
  });

  it('counts test calls when it is asked to', async () => {
    expect((await asked({ tests: 'included' })).body.total.calls).toBe(2);
    expect((await asked({ tests: 'only' })).body.total.calls).toBe(1);
    expect((await asked({ number: '+14155550100' })).body.total.calls).toBe(1);
    expect((await asked({ agentId: 'agent_1', version: 2 })).body.total.calls).toBe(0);
  });

  it.each([
    [{ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 'to', 'must be after from'],
    [{ from: '2026-01-01T00:00:00Z', to: '2026-04-04T00:00:00Z' }, 'from', 'must be at most 92 days before to'],
    [
      { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z', bucketMinutes: 1 },
      'bucketMinutes',
      'makes 1440 buckets of this range, at most 500 go: at least 3',
    ],
    [{ from: 'yesterday' }, 'from', 'must be a moment such as 2026-01-31T09:00:00Z'],
    [
      { from: '0001-01-01T00:00:00Z', to: '0001-01-02T00:00:00Z' },
      'from',
      'must be a moment such as 2026-01-31T09:00:00Z',
    ],
    [{ version: 1 }, 'version', 'is of an agent: say which one (agentId)'],
    [{ tests: 'all' }, 'tests', 'must be one of "excluded", "included", "only"'],
    [{ bucketMinutes: 0 }, 'bucketMinutes', 'must be at least 1'],
    [{ number: 'desk' }, 'number', expect.any(String)],
    [{ agent: 'x' }, 'agent', 'unknown field'],
  ])('says what is wrong with %j', async (query, field, message) => {
    const { status, body } = await asked(query as Record<string, string>);
    expect(status).toBe(400);
    expect(body.errors).toContainEqual({ field, message });
  });

  it('takes as many days and buckets as it says', async () => {
    const to = '2026-04-03T00:00:00Z';
    expect((await asked({ from: '2026-01-01T00:00:00Z', to })).body.buckets).toHaveLength(46);
    const { body } = await asked({ from: '2026-04-02T15:40:00Z', to, bucketMinutes: 1 });
    expect(body.buckets).toHaveLength(500);
  });

  it.each(['admin', 'operator', 'viewer', 'tester'] as const)(
    'is open to whoever may look at calls: %s',
    async (role) => {
      const { token } = await api.tokenOf(role);
      expect((await api.api('GET', '/api/overview', { token })).status).toBe(200);
    },
  );
});
