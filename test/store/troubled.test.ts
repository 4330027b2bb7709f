import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { onServer } from './on-server.js';
import { callerTurn, keptLog, type OpenedStore, openFreshStore, rang } from './opened-store.js';
import { trouble } from './troubled.js';

const ACTOR = { id: 'token_1', name: 'Ada', role: 'operator' } as const;

let opened: OpenedStore;
let lines: Record<string, unknown>[];
let isOver: () => Promise<void>;

beforeEach(async () => {
  const kept = keptLog();
  lines = kept.lines;
  isOver = async () => undefined;
  opened = await openFreshStore({ log: kept.log, knownCalls: () => opened.records.values() });
});
afterEach(async () => {
  await isOver();
  await opened.close();
});

const soon = (check: () => Promise<unknown> | unknown) => vi.waitFor(check, { interval: 5, timeout: 60_000 });
const loud = () => lines.filter(({ level }) => Number(level) >= 30);
const eventsOf = async (callSid: string) =>
  (await opened.store.feed.since(0, { limit: 1000 })).flatMap(({ event }) =>
    event.callSid === callSid ? [event.kind] : [],
  );

it.each([
  // Whether a write was under way when it was switched off is chance: cut off, or refused.
  ['away', /^(57P01|55000)$/],
  ['full', /^53100$/],
] as const)(
  'a database that is %s costs no call anything: all is written later, in order, and told twice',
  async (kind, reason) => {
    const { store, tell, records } = opened;
    tell('CA1', rang());
    await store.flush(10_000);
    const over = await trouble(opened.url, kind);
    isOver = over;

    for (let index = 0; index < 20; index++) tell('CA1', callerTurn(index, `words ${index}`));
    tell('CA1', { kind: 'ended', endReason: 'caller-hung-up' }, 60_000);
    for (const action of ['first', 'second']) {
      store.auditUntilKept({ action: `call.${action}`, subject: 'call/CA1', before: null, after: null }, ACTOR);
    }
    await soon(() => expect(store.health().isUp).toBe(false));
    const during = store.health();
    await over();
    isOver = async () => undefined;
    await store.flush(30_000);
    await soon(() => expect(store.health()).toEqual({ isUp: true, queuedWrites: 0, droppedWrites: 0 }));

    expect(during.queuedWrites).toBeGreaterThan(20);
    expect(await store.calls.find('CA1')).toEqual(records.peek('CA1'));
    expect(await eventsOf('CA1')).toEqual(['rang', ...Array(20).fill('turnChanged'), 'ended']);
    const audited = await onServer<{ action: string }>(opened.url, 'SELECT action FROM audit_entries ORDER BY id');
    // Each with the time when it was done; first attempts do not wait for one another.
    expect(audited.map(({ action }) => action).sort()).toEqual(['call.first', 'call.second']);
    expect(loud()).toMatchObject([
      { level: 50, code: 'STORE_UNAVAILABLE', reason: expect.stringMatching(reason) },
      { level: 30, msg: 'the store is back' },
    ]);
  },
);

it('a database that lost its newest rows has them again, as they are in memory, and goes on with the calls', async () => {
  const { store, tell, records } = opened;
  for (const callSid of ['CAlive', 'CAended']) tell(callSid, rang());
  tell('CAlive', callerTurn(0, 'before'));
  tell('CAended', { kind: 'ended', endReason: 'silence' });
  await store.flush(10_000);
  // What a replica that took over had not heard of yet.
  await onServer(opened.url, 'TRUNCATE calls, turns, tool_calls, call_events, instances CASCADE');

  tell('CAlive', callerTurn(1, 'after'));
  await store.flush(10_000);
  await store.flush(10_000);

  for (const callSid of ['CAlive', 'CAended']) {
    expect(await store.calls.find(callSid)).toEqual(records.peek(callSid));
  }
  expect(loud()).toMatchObject([{ level: 50, code: 'STORE_UNAVAILABLE', calls: 2 }]);
  tell('CAlive', { kind: 'ended', endReason: 'silence' });
  await store.flush(10_000);
  expect(await store.calls.find('CAlive')).toMatchObject({ state: 'ended' });
});

it('a call that another instance carries since is left to it', async () => {
  const { store, tell } = opened;
  const other = await opened.another({ log: keptLog().log });
  tell('CA1', rang());
  await store.flush(10_000);
  await onServer(opened.url, 'TRUNCATE calls, instances CASCADE');
  other.tell('CA1', rang());
  other.tell('CA1', { kind: 'answered' });
  await other.store.flush(10_000);
  tell('CA2', rang());
  await store.flush(10_000);
  await store.flush(10_000);

  const [row] = await onServer<{ instance_id: string }>(
    opened.url,
    "SELECT instance_id FROM calls WHERE call_sid = 'CA1'",
  );
  expect(row?.instance_id).toBe(other.store.instance.id);
});

it('an order of this instance is known while the database is away, until its person asks to be forgotten', async () => {
  const { store } = opened;
  const order = {
    id: 'out_1',
    callSid: null,
    from: '+14155550100',
    to: '+14155550177',
    agentId: 'agent_1',
    agentVersion: 1,
  };
  await store.outbound.enter({ ...order, variables: {}, onMachine: 'continue' });
  const over = await trouble(opened.url, 'away');
  isOver = over;
  store.outbound.placed('out_1', 'CA1');
  const known = await store.outbound.find('out_1');
  await expect(store.outbound.find('out_2')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await over();
  isOver = async () => undefined;
  await soon(async () => expect((await store.outbound.find('out_1'))?.callSid).toBe('CA1'));
  await store.calls.deleteCaller('+14155550177', { id: 'token_1', name: 'Ada', role: 'admin' });
  isOver = await trouble(opened.url, 'away');

  expect(known).toEqual({ ...order, callSid: 'CA1', variables: {}, onMachine: 'continue' });
  await expect(store.outbound.find('out_1')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});
