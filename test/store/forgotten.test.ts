import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Actor } from '../../src/access/actor.js';
import type { CallSummary } from '../../src/call/record.js';
import { FakeClock } from '../../src/clock.js';
import { createLog } from '../../src/log.js';
import { connectDatabase, type Database } from '../../src/store/database.js';
import { callerTurn, type OpenedStore, openFreshStore, rang } from './opened-store.js';

const ACTOR: Actor = { id: 'token_1', name: 'Ada', role: 'admin' };
const OURS = ['+14155550100', '+14155550101'];
/** The number of the first begins like those of the others. */
const PEOPLE = ['+1415555017', '+14155550171', '+14155550172'];

const clock = new FakeClock();
let instances: OpenedStore[];
let database: Database;

/** An instance that has no longer in memory what it is told to be gone. */
const opened = async (open: (lostCalls: (callSids: readonly string[]) => void) => Promise<OpenedStore>) => {
  const instance: OpenedStore = await open((callSids) => {
    for (const callSid of callSids) instance.records.forget(callSid);
  });
  return instance;
};

beforeAll(async () => {
  const first = await opened((lostCalls) => openFreshStore({ clock, lostCalls }));
  instances = [first, await opened((lostCalls) => first.another({ lostCalls }))];
  database = connectDatabase({ url: first.url, clock, log: createLog('silent') });
});
afterAll(async () => {
  await database.close();
  await instances[0]!.close();
});

const call = fc.record({
  instance: fc.nat(1),
  person: fc.nat(2),
  ours: fc.constantFrom(...OURS),
  direction: fc.constantFrom<'inbound' | 'outbound'>('inbound', 'outbound'),
  turns: fc.nat(3),
  hasOrder: fc.boolean(),
});

/** Everything in the database, as text. */
const dump = async () => {
  const [tables] = await database.query<{ names: string[] }>(
    "SELECT array_agg(table_name::text) AS names FROM information_schema.tables WHERE table_schema = 'public'",
  );
  const texts = tables!.names.map((name) => `SELECT t::text AS text FROM ${name} t`);
  return (await database.query<{ text: string }>(texts.join(' UNION ALL '))).map(({ text }) => text).join('\n');
};
const listed = async (instance: OpenedStore): Promise<CallSummary[]> =>
  (await instance.store.calls.list({}, { limit: 1000 })).items;

describe('a person who is forgotten', () => {
  it('is in nothing that is kept anywhere, and nothing of anybody else is touched', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 12 }), fc.nat(1), async (calls, by) => {
        run++;
        const [gone, stays]: [string[], string[]] = [[], []];
        for (const [index, { instance, person, ours, direction, turns, hasOrder }] of calls.entries()) {
          const { tell, store } = instances[instance]!;
          const callSid = `CA${run}-${String(index).padStart(2, '0')}`;
          const number = PEOPLE[person]!;
          (person === 0 ? gone : stays).push(callSid);
          const [from, to] = direction === 'inbound' ? [number, ours] : [ours, number];
          tell(callSid, rang({ direction, from, to, variables: { name: `person ${person}` } }));
          for (let turn = 0; turn < turns; turn++) tell(callSid, callerTurn(turn, `words of person ${person}`));
          tell(callSid, { kind: 'ended', endReason: 'caller-hung-up' }, turns * 1000);
          if (!hasOrder || direction === 'inbound') continue;
          const order = { id: callSid, callSid, from, to, agentId: 'agent_1', agentVersion: 1, variables: {} };
          await store.outbound.enter({ ...order, onMachine: 'continue' });
          await store.idempotency.begin(callSid, ACTOR.id, 'hash');
          await store.idempotency.finish(callSid, ACTOR.id, 201, { callSid, from, to });
        }
        for (const { store } of instances) await store.flush(5000);
        const before = await listed(instances[0]!);
        const found = await Promise.all(stays.map((callSid) => instances[0]!.store.calls.find(callSid)));
        const events = await instances[0]!.store.feed.since(0, { limit: 1000 });

        const answered = await instances[by]!.store.calls.deleteCaller(PEOPLE[0]!, ACTOR);

        expect(answered).toEqual(gone);
        for (const [index, { person, direction, hasOrder }] of calls.entries()) {
          if (!hasOrder || direction === 'inbound') continue;
          const callSid = `CA${run}-${String(index).padStart(2, '0')}`;
          const again = instances[0]!.store.idempotency.begin(callSid, ACTOR.id, 'hash');
          // Nobody is called again.
          if (person === 0) await expect(again).rejects.toMatchObject({ code: 'CONFLICT' });
          else expect(await again).toMatchObject({ state: 'finished', body: { callSid, to: PEOPLE[person] } });
        }
        expect(await dump()).not.toMatch(/\+1415555017(?!\d)|person 0/);
        for (const instance of instances) {
          const { calls: store, feed } = instance.store;
          for (const callSid of gone) {
            expect(await store.find(callSid)).toBeUndefined();
            expect(await feed.since(0, { callSid, limit: 10 })).toEqual([]);
          }
          expect((await store.list({ number: PEOPLE[0]! }, { limit: 10 })).items).toEqual([]);
          expect(await listed(instance)).toEqual(before.filter(({ callSid }) => !gone.includes(callSid)));
          expect(await Promise.all(stays.map(store.find))).toEqual(found);
          expect(await feed.since(0, { limit: 1000 })).toEqual(
            events.filter(({ event }) => !gone.includes(event.callSid)),
          );
          // The others hear of it.
          if (instance !== instances[by]) {
            await expect
              .poll(() => gone.map((callSid) => instance.records.peek(callSid)))
              .toEqual(gone.map(() => undefined));
          }
          for (const callSid of stays) {
            const own = calls[Number(callSid.split('-')[1])]!.instance;
            if (instances[own] === instance) expect(instance.records.peek(callSid)).toBeDefined();
          }
        }
        expect(await instances[by]!.store.calls.deleteCaller(PEOPLE[0]!, ACTOR)).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });
});
