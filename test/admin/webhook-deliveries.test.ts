import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { onServer } from '../store/on-server.js';
import { type OpenedStore, openFreshStore, rang } from '../store/opened-store.js';
import { type Api, startApi } from './rig.js';

const ENDED_AT = '2026-01-01T00:00:10.000Z';

let clock: FakeClock;
let opened: OpenedStore;
let api: Api;
beforeAll(async () => {
  clock = new FakeClock();
  opened = await openFreshStore({ clock });
  api = await startApi({ opened });
});
beforeEach(() => onServer(opened.url, 'TRUNCATE jobs RESTART IDENTITY'));
afterAll(async () => {
  await api.close();
  await opened.close();
});

const order = (callSid: string, endedAt = ENDED_AT) =>
  opened.store.jobs.enqueue(
    'call-ended',
    { callSid, endedAt, url: 'https://receiver.example.com/secret-path' },
    { key: `${callSid}:${endedAt}` },
  );
const claim = async () => (await opened.store.jobs.claim(['call-ended'], 10, 30_000))[0]!;
const shown = async (callSid: string) => (await api.api('GET', `/api/calls/${callSid}/webhook`)).body;

it('the webhook of an ended call is shown while it waits, when it has failed, and when it was delivered', async () => {
  await order('CA1');
  expect(await shown('CA1')).toMatchObject({ callSid: 'CA1', state: 'waiting', attempts: 0, lastFailure: null });

  await opened.store.jobs.failed((await claim()).id, 'The webhook answered 500.', 5000);
  const nextAttemptAt = new Date(clock.now() + 5000).toISOString();
  expect(await shown('CA1')).toMatchObject({ attempts: 1, nextAttemptAt, lastFailure: 'The webhook answered 500.' });

  clock.advance(5000);
  await opened.store.jobs.done((await claim()).id);
  expect(await shown('CA1')).toMatchObject({
    ...{ state: 'delivered', attempts: 2, nextAttemptAt: null, lastFailure: null },
    finishedAt: new Date(clock.now()).toISOString(),
  });
});

it('webhooks that were given up are listed with the last answer, newest first, page by page', async () => {
  for (const callSid of ['CA1', 'CA2', 'CA3', 'CA4']) await order(callSid);
  for (const job of await opened.store.jobs.claim(['call-ended'], 3, 30_000)) {
    await opened.store.jobs.failed(job.id, 'The webhook answered 410.', undefined);
  }
  const first = (await api.api('GET', '/api/webhooks/given-up?limit=2')).body;
  const second = (await api.api('GET', `/api/webhooks/given-up?limit=2&cursor=${first.nextCursor}`)).body;

  expect([...first.items, ...second.items]).toMatchObject(
    ['CA3', 'CA2', 'CA1'].map((callSid) => ({
      ...{ callSid, state: 'given-up', attempts: 1, nextAttemptAt: null, lastFailure: 'The webhook answered 410.' },
    })),
  );
  expect(second.nextCursor).toBeNull();
  expect(await shown('CA1')).toEqual(second.items[0]);
  // Where it was sent to may be a secret.
  expect(JSON.stringify([first, second])).not.toContain('secret-path');
});

it('a call that ended twice is told by its last end, and one without a webhook has none', async () => {
  await order('CA1');
  await opened.store.jobs.done((await claim()).id);
  await order('CA1', '2026-01-01T00:01:00.000Z');
  await order('CA10');
  await order('CA1:');

  expect(await shown('CA1')).toMatchObject({ callSid: 'CA1', state: 'waiting' });
  expect((await api.api('GET', '/api/calls/CA2/webhook')).status).toBe(404);
});

/** A call of that person that has ended, as the clock has it. */
const endedCall = async (callSid: string, from: string) => {
  opened.tell(callSid, rang({ from }));
  opened.tell(callSid, { kind: 'answered' });
  opened.tell(callSid, { kind: 'ended', endReason: 'caller-hung-up' });
  await opened.store.flush(5000);
  return (await opened.store.calls.find(callSid))!.endedAt!;
};

it('nothing is told of an end that the call has come back from: that one is posted to nobody', async () => {
  await order('CAback', await endedCall('CAback', '+14155550171'));
  const before = await shown('CAback');
  opened.tell('CAback', { kind: 'answered' });
  await opened.store.flush(5000);
  await opened.store.jobs.done((await claim()).id);
  const meanwhile = await api.api('GET', '/api/calls/CAback/webhook');
  clock.advance(60_000);
  opened.tell('CAback', { kind: 'ended', endReason: 'caller-hung-up' });
  await opened.store.flush(5000);
  await order('CAback', (await opened.store.calls.find('CAback'))!.endedAt!);

  expect(before).toMatchObject({ state: 'waiting' });
  expect(meanwhile.status).toBe(404);
  expect(await shown('CAback')).toMatchObject({ state: 'waiting', attempts: 0 });
});

it('nothing is known of webhooks of a person who was forgotten, whatever became of them', async () => {
  const [person, other] = ['+14155550172', '+14155550173'];
  for (const callSid of ['CAdone', 'CAgivenup', 'CAwaiting']) await order(callSid, await endedCall(callSid, person));
  await order('CAother', await endedCall('CAother', other));
  const [done, givenUp] = await opened.store.jobs.claim(['call-ended'], 2, 30_000);
  await opened.store.jobs.done(done!.id);
  await opened.store.jobs.failed(givenUp!.id, 'The webhook answered 410.', undefined);
  const statusOf = async (callSid: string) => (await api.api('GET', `/api/calls/${callSid}/webhook`)).status;
  const before = await Promise.all(['CAdone', 'CAgivenup', 'CAwaiting'].map(statusOf));

  await api.api('DELETE', `/api/callers/${person}`);

  expect(before).toEqual([200, 200, 200]);
  expect(await Promise.all(['CAdone', 'CAgivenup', 'CAwaiting', 'CAother'].map(statusOf))).toEqual([
    404, 404, 404, 200,
  ]);
  expect((await api.api('GET', '/api/webhooks/given-up')).body.items).toEqual([]);
  expect(await opened.store.jobs.claim(['call-ended'], 10, 30_000)).toMatchObject([
    { payload: { callSid: 'CAother' } },
  ]);
});
