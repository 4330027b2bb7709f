import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/call/record.js';
import { FakeClock } from '../../src/clock.js';
import { BridgeError } from '../../src/errors.js';
import { createLog } from '../../src/log.js';
import { connectDatabase, type Database } from '../../src/store/database.js';
import { openInstance } from '../../src/store/instances.js';
import { endFormerCalls, type SweeperOptions, sweepCalls } from '../../src/store/sweeper.js';
import { onServer } from './on-server.js';
import { callerTurn, type OpenedStore, openFreshStore, rang } from './opened-store.js';

const ACTOR = { id: 'token_1', name: 'Ada', role: 'admin' } as const;
const WEBHOOK = 'https://hooks.example.com/ended';
const log = createLog('silent');
/** Less than a heartbeat passes by it: no instance says that it lives when a test says that it does not. */
const clock = new FakeClock();

let opened: OpenedStore;
let dead: OpenedStore;
let database: Database;

beforeAll(async () => {
  opened = await openFreshStore({ clock });
  database = connectDatabase({ url: opened.url, clock, log });
});
beforeEach(async () => {
  dead = await opened.another();
});
afterEach(async () => {
  await onServer(opened.url, 'TRUNCATE calls, turns, tool_calls, call_events, jobs');
});
afterAll(async () => {
  await database.close();
  await opened.close();
});

const sweep = (options: Partial<SweeperOptions> = {}) =>
  sweepCalls({ database, clock, log, contactMs: () => 60_000, ...options });
/** The instance was last seen so long ago, by the clock of the database. */
const unseen = (store: OpenedStore, interval: string) =>
  onServer(opened.url, `UPDATE instances SET seen_at = now() - interval '${interval}' WHERE id = $1`, [
    store.store.instance.id,
  ]);
const endsOf = async (callSid: string) =>
  (await opened.store.feed.since(0, { callSid, limit: 100 })).filter(({ event }) => event.kind === 'ended');

describe('calls of an instance that is gone', () => {
  it('are ended as they stood when it was last heard of', async () => {
    dead.tell('CAlive', rang());
    dead.tell('CAringing', rang());
    clock.advance(3000);
    dead.tell('CAlive', { kind: 'answered' });
    clock.advance(4000);
    const last = dead.tell('CAlive', callerTurn(0, 'are you there?'));
    const lastMs = clock.now();
    await dead.store.flush(5000);
    await unseen(dead, '5 minutes 1 second');

    expect(await sweep()).toBe(2);

    const endedAt = new Date(lastMs).toISOString();
    const expected: CallRecord = { ...last, state: 'ended', endReason: 'failed', endedAt, durationMs: 4000 };
    expect(await opened.store.calls.find('CAlive')).toEqual(expected);
    expect(await opened.store.calls.find('CAringing')).toMatchObject({
      ...{ state: 'ended', endReason: 'failed', durationMs: 0 },
    });
    expect(await endsOf('CAlive')).toMatchObject([
      { wallTimeMs: lastMs, event: { kind: 'ended', endReason: 'failed', atMs: 4000 } },
    ]);
    expect((await opened.store.calls.list({ state: 'live' }, { limit: 10 })).items).toEqual([]);
  });

  it('leave no model stream open on record, and whoever follows events is told', async () => {
    const stream = { modelId: 'm', region: 'r', openedMs: 100, closedMs: null, closed: null };
    dead.tell('CAopen', rang());
    dead.tell('CAopen', { kind: 'answered' });
    dead.tell('CAopen', { kind: 'streamChanged', index: 0, stream: { ...stream, closedMs: 900, closed: 'renewed' } });
    clock.advance(4000);
    dead.tell('CAopen', { kind: 'streamChanged', index: 1, stream });
    await dead.store.flush(5000);
    await unseen(dead, '6 minutes');

    await sweep();

    expect((await opened.store.calls.find('CAopen'))?.streams).toEqual([
      { ...stream, closedMs: 900, closed: 'renewed' },
      { ...stream, closedMs: 4000, closed: 'instance-lost' },
    ]);
    const events = await opened.store.feed.since(0, { callSid: 'CAopen', limit: 100 });
    expect(events.slice(-2).map(({ event }) => event)).toMatchObject([
      { kind: 'streamChanged', index: 1, stream: { closed: 'instance-lost' } },
      { kind: 'ended' },
    ]);
  });

  it('have no turn open on record: the agent was heard as far as it is known, and whoever follows events is told', async () => {
    const turn = { role: 'agent', interrupted: false, endMs: 900, heardMs: 0 } as const;
    const whole = { ...turn, text: 'Hello.', sentText: 'Hello.', heardText: 'Hello.', startMs: 100, heardMs: 800 };
    const open = {
      ...{ ...turn, text: 'We open at nine.', sentText: 'We open at', heardText: 'We open' },
      ...{ startMs: 2000, endMs: 2900 },
    };
    const unheard = { ...turn, text: 'And', sentText: '', heardText: '', startMs: 3000, endMs: 3000 };
    dead.tell('CAspeaking', rang());
    dead.tell('CAspeaking', { kind: 'answered' });
    for (const [index, each] of [whole, open, unheard].entries()) {
      dead.tell('CAspeaking', { kind: 'turnChanged', index, turn: each });
    }
    clock.advance(4000);
    dead.tell('CAspeaking', callerTurn(3, 'when do you open?'));
    const asked: CallRecord[] = [];
    await dead.store.flush(5000);
    await unseen(dead, '6 minutes');

    await sweep({
      webhookFor(record) {
        asked.push(record);
        return WEBHOOK;
      },
    });

    const record = await opened.store.calls.find('CAspeaking');
    expect(record?.turns.slice(0, 3)).toEqual([
      whole,
      { ...open, heardMs: 900, interrupted: true },
      { ...unheard, interrupted: true },
    ]);
    expect(asked).toEqual([record]);
    const events = await opened.store.feed.since(0, { callSid: 'CAspeaking', limit: 100 });
    expect(events.slice(-3).map(({ event }) => event)).toMatchObject([
      { kind: 'turnChanged', index: 1, atMs: 4000, turn: { heardText: 'We open', interrupted: true } },
      { kind: 'turnChanged', index: 2, atMs: 4000, turn: { heardText: '', interrupted: true } },
      { kind: 'ended', atMs: 4000 },
    ]);
  });

  it('are ended once by one of several instances that look at the same moment', async () => {
    const databases = Array.from({ length: 5 }, () => connectDatabase({ url: opened.url, clock, log }));
    for (let call = 0; call < 30; call++) dead.tell(`CA${call}`, rang());
    await dead.store.flush(5000);
    await unseen(dead, '6 minutes');

    const counts = await Promise.all(databases.map((each) => sweep({ database: each, webhookFor: () => WEBHOOK })));
    for (const each of databases) await each.close();

    expect(counts.reduce((sum, count) => sum + count)).toBe(30);
    for (let call = 0; call < 30; call++) expect(await endsOf(`CA${call}`)).toHaveLength(1);
    expect(await onServer(opened.url, 'SELECT id FROM jobs')).toHaveLength(30);
    expect(await sweep()).toBe(0);
  });

  it('have their webhook ordered, as if they had ended by themselves', async () => {
    const asked: CallRecord[] = [];
    dead.tell('CAhook', rang());
    dead.tell('CAhook', callerTurn(0, 'hello'));
    dead.tell('CAnone', rang({ to: '+14155550109' }));
    await dead.store.flush(5000);
    await unseen(dead, '6 minutes');

    await sweep({
      webhookFor(record) {
        asked.push(record);
        return record.to === '+14155550100' ? WEBHOOK : undefined;
      },
    });

    const ended = await opened.store.calls.find('CAhook');
    expect(asked.find(({ callSid }) => callSid === 'CAhook')).toEqual(ended);
    expect(await opened.store.jobs.claim(['call-ended'], 10, 1000)).toMatchObject([
      { payload: { callSid: 'CAhook', endedAt: ended!.endedAt, url: WEBHOOK } },
    ]);
  });

  it('are told to whoever follows events', async () => {
    const heard: string[] = [];
    let told = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      told = resolve;
    });
    const end = opened.store.feed.subscribe((events) => {
      heard.push(...events.map(({ event }) => event.kind));
      if (heard.includes('ended')) told();
    });
    dead.tell('CAheard', rang());
    await dead.store.flush(5000);
    await unseen(dead, '6 minutes');
    await sweep();
    await ended;
    end();

    expect(heard).toEqual(['rang', 'ended']);
  });

  it('are ended a few hundred at a time, until none is left', async () => {
    for (let call = 0; call < 450; call++) dead.tell(`CA${call}`, rang());
    await dead.store.flush(5000);
    await unseen(dead, '6 minutes');

    expect([await sweep(), await sweep(), await sweep(), await sweep()]).toEqual([200, 200, 50, 0]);
  });

  it('are ended also when nothing is known of the instance any more', async () => {
    dead.tell('CAorphan', rang());
    await dead.store.flush(5000);
    await onServer(opened.url, 'DELETE FROM instances WHERE id = $1', [dead.store.instance.id]);

    expect(await sweep()).toBe(1);
  });

  it('go on where it was only cut off: it has the last word', async () => {
    dead.tell('CAback', rang());
    dead.tell('CAback', { kind: 'answered' });
    await dead.store.flush(5000);
    await unseen(dead, '6 minutes');
    await sweep();

    const record = dead.tell('CAback', callerTurn(0, 'still here'));
    await dead.store.flush(5000);

    expect(await opened.store.calls.find('CAback')).toEqual(record);
    expect(await opened.store.calls.carrierOf('CAback')).toEqual(dead.store.instance);
  });
});

describe('calls of instances before this one, on a database of its own', () => {
  it('are ended when it starts, however lately they were seen, and block nobody', async () => {
    dead.tell('CAkilled', rang({ from: '+14155550177' }));
    dead.tell('CAkilled', { kind: 'answered' });
    for (let call = 0; call < 250; call++) dead.tell(`CA${call}`, rang());
    opened.tell('CAmine', rang());
    await Promise.all([dead.store.flush(5000), opened.store.flush(5000)]);
    const options = { database, clock, log, webhookFor: () => WEBHOOK };

    expect(await endFormerCalls({ ...options, instanceId: opened.store.instance.id })).toBe(251);

    expect(await opened.store.calls.find('CAkilled')).toMatchObject({ state: 'ended', endReason: 'failed' });
    expect(await endsOf('CAkilled')).toHaveLength(1);
    expect(await opened.store.calls.find('CAmine')).toMatchObject({ state: 'ringing' });
    expect(await opened.store.jobs.claim(['call-ended'], 10, 1000)).toEqual([]);
    clock.advance(60_000);
    // The carrier may have brought some of them back by then.
    expect(await opened.store.jobs.claim(['call-ended'], 300, 1000)).toHaveLength(251);
    expect(await opened.store.calls.deleteCaller('+14155550177', ACTOR)).toEqual(['CAkilled']);
  });

  it('are none of the business of an instance that does not say that it is alone', async () => {
    dead.tell('CAother', rang());
    await dead.store.flush(5000);
    const sharing = await opened.another();
    const before = await sharing.store.calls.find('CAother');
    const alone = await opened.another();
    await alone.store.endFormerCalls();

    expect(before).toMatchObject({ state: 'ringing' });
    expect(await alone.store.calls.find('CAother')).toMatchObject({ state: 'ended', endReason: 'failed' });
  });
});

describe('calls that go on', () => {
  it('are left alone while their instance was seen in the last five minutes', async () => {
    dead.tell('CAslow', rang());
    opened.tell('CAmine', rang());
    await Promise.all([dead.store.flush(5000), opened.store.flush(5000)]);
    await unseen(dead, '4 minutes 55 seconds');

    expect(await sweep()).toBe(0);
    expect(await opened.store.calls.find('CAslow')).toMatchObject({ state: 'ringing' });
  });

  it('are left alone after an outage of the store, until all others had a minute to say that they live', async () => {
    dead.tell('CAalive', rang());
    await dead.store.flush(5000);
    await unseen(dead, '6 minutes');
    const away = { isAway: false };
    const through: Database = {
      ...database,
      query: (...given) =>
        away.isAway ? Promise.reject(new BridgeError('STORE_UNAVAILABLE', 'away')) : database.query(...given),
    };
    const own = new FakeClock();
    const instance = await openInstance({
      ...{ database: through, instance: { id: crypto.randomUUID(), url: 'http://127.0.0.1:9' }, clock: own, log },
    });
    const contacts: number[] = [];
    const beats = async (count: number) => {
      for (let beat = 0; beat < count; beat++) {
        own.advance(10_000);
        // The next one is set when this one is over.
        while (own.pendingTimers === 0) await new Promise((resolve) => setImmediate(resolve));
        contacts.push(instance.contactMs);
      }
    };
    await beats(6);
    const sweptBefore = contacts.at(-1)! >= 60_000;
    away.isAway = true;
    await beats(2);
    const during = await sweep({ contactMs: () => instance.contactMs });
    away.isAway = false;
    await beats(6);
    const justBack = await sweep({ contactMs: () => instance.contactMs });
    await beats(1);
    const later = await sweep({ contactMs: () => instance.contactMs });
    await instance.close();

    expect(sweptBefore).toBe(true);
    expect(contacts.slice(6, 14)).toEqual([0, 0, 0, 10_000, 20_000, 30_000, 40_000, 50_000]);
    expect([during, justBack, later]).toEqual([0, 0, 1]);
  });
});

describe('instances', () => {
  it('that are gone are forgotten after a day, when none of their calls is open', async () => {
    const busy = await opened.another();
    busy.tell('CAbusy', rang());
    await busy.store.flush(5000);
    await unseen(dead, '25 hours');
    await unseen(busy, '23 hours');
    const known = async () =>
      (await onServer<{ id: string }>(opened.url, 'SELECT id FROM instances')).map(({ id }) => id);

    await sweep();
    const first = await known();
    await unseen(busy, '25 hours');
    await sweep();

    expect(first).toContain(busy.store.instance.id);
    expect(first).not.toContain(dead.store.instance.id);
    expect(await known()).not.toContain(busy.store.instance.id);
    expect(await known()).toContain(opened.store.instance.id);
  });
});
