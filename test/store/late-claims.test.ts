import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { onServer } from './on-server.js';
import { callerTurn, type OpenedStore, openFreshStore, rang } from './opened-store.js';

const CALL = 'CAboth';

const clock = new FakeClock();
let one: OpenedStore;
let other: OpenedStore;

beforeAll(async () => {
  one = await openFreshStore({ clock });
  other = await one.another();
});
afterEach(async () => {
  for (const { records } of [one, other]) records.forget(CALL);
  await onServer(one.url, 'TRUNCATE calls, turns, tool_calls, call_events, jobs');
});
afterAll(() => one.close());

const kept = async () => other.store.calls.find(CALL);

/** It rang at one instance and was connected at the other; both write it late. */
async function written(order: readonly OpenedStore[]) {
  // Nothing is written before it is flushed: the clock stands still.
  one.tell(CALL, rang());
  other.tell(CALL, rang());
  other.tell(CALL, { kind: 'answered' });
  other.tell(CALL, callerTurn(0, 'I need my order'));
  for (const { store } of order) await store.flush(5000);
}

it('that a call rang somewhere takes it from nobody who has it connected, whoever writes first', async () => {
  for (const order of [() => [one, other], () => [other, one]]) {
    await written(order());
    expect(await kept()).toEqual(other.records.peek(CALL));
    expect(await other.store.calls.holderOf(CALL)).toMatchObject({ id: other.store.instance.id });
    other.tell(CALL, { kind: 'ended', endReason: 'caller-hung-up' });
    await other.store.flush(5000);
    expect(await kept()).toMatchObject({ state: 'ended', turns: [{ text: 'I need my order' }] });
    for (const { records } of [one, other]) records.forget(CALL);
    await onServer(one.url, 'TRUNCATE calls, turns, tool_calls, call_events, jobs');
  }
});

it('a call that rings again at another instance, before anybody has it connected, is that one’s', async () => {
  one.tell(CALL, rang());
  await one.store.flush(5000);
  other.tell(CALL, rang());
  await other.store.flush(5000);

  expect(await other.store.calls.holderOf(CALL)).toMatchObject({ id: other.store.instance.id });
});

it('a call that was given to another instance stays that one’s, with all that was known, whoever writes first', async () => {
  for (const isFirst of [true, false]) {
    one.tell(CALL, rang());
    one.tell(CALL, { kind: 'answered' });
    one.tell(CALL, callerTurn(0, 'I need my order'));
    const given = one.records.peek(CALL)!;
    one.store.letGo(CALL);
    other.records.adopt(given);
    other.store.enterWhole(given);
    const { direction, from, to, agentId, agentVersion, state } = given;
    other.tell(CALL, { kind: 'takenUp', direction, from, to, agentId, agentVersion, state });
    other.tell(CALL, callerTurn(1, 'are you there?'));

    for (const { store } of isFirst ? [one, other] : [other, one]) await store.flush(5000);

    expect(await kept()).toEqual(other.records.peek(CALL));
    expect((await kept())?.turns).toHaveLength(2);
    for (const { records } of [one, other]) records.forget(CALL);
    await onServer(one.url, 'TRUNCATE calls, turns, tool_calls, call_events, jobs');
  }
});

it('a call that was given away is on record all the same when nobody else enters it', async () => {
  one.tell(CALL, rang());
  one.tell(CALL, { kind: 'answered' });
  one.store.letGo(CALL);
  await one.store.flush(5000);

  expect(await kept()).toMatchObject({ state: 'live' });
});
