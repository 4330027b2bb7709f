import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallEvent, CallFact } from '../../../src/call/events.js';
import { LiveRecords } from '../../../src/call/live-records.js';
import { FakeClock } from '../../../src/clock.js';
import { randomIds } from '../../../src/ids.js';
import { openStore, type Store } from '../../../src/store/open.js';
import { onServer } from '../on-server.js';
import { callerTurn, keptLog, rang } from '../opened-store.js';
import { startTcpServer, type TcpServer } from '../tcp-server.js';

const ACTOR = { id: 'token_1', name: 'Ada', role: 'admin' } as const;
const WEBHOOK = 'https://hooks.example.com/ended';
const STEP_MS = 100;

let server: TcpServer;
let clock: FakeClock;
let store: Store;
let records: LiveRecords;
let lines: Record<string, unknown>[];
let told: CallEvent[];

beforeAll(async () => {
  server = await startTcpServer();
});
afterAll(() => server.stop());

beforeEach(async () => {
  clock = new FakeClock();
  told = [];
  const kept = keptLog();
  lines = kept.lines;
  store = await openStore({
    databaseUrl: server.url,
    instanceUrl: 'http://127.0.0.1:1',
    defaultModelId: 'amazon.nova-2-sonic-v1:0',
    ids: randomIds(),
    log: kept.log,
    clock,
    webhookFor: () => WEBHOOK,
  });
  records = new LiveRecords(store.record);
});
afterEach(async () => {
  // Whatever waits goes on: nothing of the fake clock keeps a close from ending.
  await driven(store.close());
  await onServer(server.url, 'TRUNCATE calls, turns, tool_calls, call_events, jobs RESTART IDENTITY');
});

const tell = (callSid: string, fact: CallFact, atMs = 0) => {
  const event = { callSid, atMs, ...fact } as CallEvent;
  told.push(event);
  records.listener(event, clock.now());
};

/** Half an hour: events are kept for a whole one, and nothing takes that long but a hang. */
const FLUSH_LIMIT_MS = 1_800_000;

/** A hundred times as fast as real time, so that sockets have their turn: lets time pass until something has come about. */
async function driven<Result>(result: Promise<Result>): Promise<Result> {
  let isOver = false;
  const over = result.finally(() => {
    isOver = true;
  });
  over.catch(() => undefined);
  while (!isOver) {
    clock.advance(STEP_MS);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return over;
}

/** A busy minute: calls come, are talked in and end, each ten times in it. */
const livesThroughAMinute = async (prefix: string) => {
  for (let step = 0; step < 60_000 / STEP_MS; step++) {
    const call = `${prefix}${step % 60}`;
    const age = Math.floor(step / 60);
    if (age === 0) tell(call, rang());
    else if (age < 9) tell(call, callerTurn(age - 1, `words ${age} of ${call}`));
    else if (step % 2 === 0) tell(call, { kind: 'ended', endReason: 'caller-hung-up' }, age * 6000);
    clock.advance(STEP_MS);
    await new Promise((resolve) => setImmediate(resolve));
  }
};

/** The heart beats every ten seconds. */
const isUpAgain = () =>
  driven(vi.waitFor(() => expect(store.health().isUp).toBe(true), { interval: 1, timeout: 60_000 }));

const allEvents = async () => (await store.feed.since(0, { limit: 10_000 })).map(({ event }) => event);

describe('a store that is away for a whole minute with calls going on', () => {
  it('is told everything when it is back: nothing is lost, nothing comes twice, and all is in order', async () => {
    for (let call = 0; call < 5; call++) tell(`CAbefore${call}`, rang());
    await driven(store.flush(FLUSH_LIMIT_MS));

    await server.halt();
    const startMs = clock.now();
    await livesThroughAMinute('CA');
    for (let call = 0; call < 5; call++) tell(`CAbefore${call}`, { kind: 'ended', endReason: 'silence' }, 60_000);
    expect(clock.now() - startMs).toBe(60_000);
    expect(store.isUp).toBe(false);
    expect(store.pendingRows).toBeGreaterThan(told.length - 5);
    await expect(store.calls.find('CA0')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await server.resume();
    await driven(store.flush(FLUSH_LIMIT_MS));
    await isUpAgain();

    expect(store.health()).toEqual({ isUp: true, queuedWrites: 0, droppedWrites: 0 });
    expect(await allEvents()).toEqual(told);
    for (const callSid of new Set(told.map((event) => event.callSid))) {
      expect(await store.calls.find(callSid)).toEqual(records.peek(callSid));
    }
    const listed = await store.calls.list({ state: 'ended' }, { limit: 1000 });
    expect(listed.items).toHaveLength(30 + 5);
    const jobs = await onServer<{ sid: string }>(server.url, "SELECT payload ->> 'callSid' AS sid FROM jobs");
    expect(jobs.map(({ sid }) => sid).sort()).toEqual(listed.items.map(({ callSid }) => callSid).sort());
  });

  it('says so once when it goes and once when it is back, with how long that was', async () => {
    await server.halt();
    await livesThroughAMinute('CA');
    const { queuedWrites } = store.health();
    await server.resume();
    await driven(store.flush(FLUSH_LIMIT_MS));
    await isUpAgain();

    expect(lines.filter(({ level }) => Number(level) >= 30)).toMatchObject([
      { level: 50, code: 'STORE_UNAVAILABLE', reason: 'ECONNREFUSED', msg: expect.stringContaining('calls go on') },
      {
        level: 30,
        msg: 'the store is back',
        awayMs: expect.any(Number),
        queuedWrites: expect.any(Number),
        droppedWrites: 0,
      },
    ]);
    expect(queuedWrites).toBeGreaterThan(1000);
    expect(lines.find(({ msg }) => msg === 'the store is back')!.awayMs).toBeGreaterThan(59_000);
  });

  it('takes no deletion of a person while what is said of them cannot be written', async () => {
    tell('CAperson', rang({ from: '+14155550177' }));
    tell('CAperson', { kind: 'ended', endReason: 'silence' });
    await server.halt();
    const deletion = driven(store.calls.deleteCaller('+14155550177', ACTOR));

    await expect(deletion).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });

    await server.resume();
    await driven(store.flush(FLUSH_LIMIT_MS));
    expect(await store.calls.deleteCaller('+14155550177', ACTOR)).toEqual(['CAperson']);
  });
});

describe('a password that is changed under a running bridge', () => {
  it('is an outage like any other: what happens meanwhile is kept when the old one is valid again', async () => {
    const { username, password } = new URL(server.url);
    const change = (to: string) => onServer(server.url, `ALTER ROLE ${username} PASSWORD '${to}'`);
    const cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'oratio%'";
    tell('CAhere', rang());
    await driven(store.flush(FLUSH_LIMIT_MS));

    await change('another one');
    const changed = new URL(server.url);
    changed.password = 'another one';
    await onServer(changed.href, cut);
    tell('CAhere', callerTurn(0, 'hello?'));
    await driven(vi.waitFor(() => expect(store.isUp).toBe(false), { interval: 1, timeout: 60_000 }));
    await expect(store.calls.find('CAhere')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await onServer(changed.href, `ALTER ROLE ${username} PASSWORD '${decodeURIComponent(password)}'`);
    await driven(store.flush(FLUSH_LIMIT_MS));

    expect(await store.calls.find('CAhere')).toEqual(records.peek('CAhere'));
    expect(await allEvents()).toEqual(told);
  });
});
