import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeClock, realClock } from '../../src/clock.js';
import type { JobQueue } from '../../src/jobs/queue.js';
import { type JobHandler, runJobs } from '../../src/jobs/runner.js';
import { createLog } from '../../src/log.js';
import { connectDatabase, type Database } from '../../src/store/database.js';
import { pruneJobs, storedJobs } from '../../src/store/jobs.js';
import { onServer } from './on-server.js';
import { type FreshDatabase, freshDatabase } from './postgres.js';

const DAY_MS = 86_400_000;
const LEASE_MS = 30_000;
const log = createLog('silent');

let fresh: FreshDatabase;
let databases: Database[];
let clock: FakeClock;
/** The queues of two instances. */
let one: JobQueue;
let two: JobQueue;

const connect = () => connectDatabase({ url: fresh.url, clock: realClock(), log, maxConnections: 4 });
const soon = (check: () => Promise<void> | void) => vi.waitFor(check, { interval: 1, timeout: 60_000 });

beforeAll(async () => {
  fresh = await freshDatabase();
  databases = [connect(), connect()];
});
beforeEach(() => {
  clock = new FakeClock();
  [one, two] = databases.map((database) => storedJobs({ database, clock })) as [JobQueue, JobQueue];
});
afterEach(async () => {
  await onServer(fresh.url, 'TRUNCATE jobs RESTART IDENTITY');
});
afterAll(async () => {
  for (const database of databases) await database.close();
  await fresh.drop();
});

const claimed = async (queue: JobQueue, kinds = ['post'], limit = 100) =>
  (await queue.claim(kinds, limit, LEASE_MS)).map(({ payload }) => payload.name);
const states = () =>
  onServer<{ state: string; error: string | null }>(fresh.url, 'SELECT state, error FROM jobs ORDER BY id');

describe('a job', () => {
  it('comes out as it was put in, with what kind it is and how often it was tried', async () => {
    const payload = { text: 'a\0b \ud800', list: [1, null, { deep: true }] };
    await one.enqueue('post', payload);

    const [job] = await two.claim(['post'], 1, LEASE_MS);

    expect(job).toEqual({
      id: expect.any(String),
      kind: 'post',
      payload: { text: 'a\ufffdb \ufffd', list: [1, null, { deep: true }] },
      attempts: 0,
    });
  });

  it('is claimed when it is due, the one that has been due longest first, of the kinds that are asked for', async () => {
    await one.enqueue('post', { name: 'later' }, { delayMs: 2000 });
    await one.enqueue('post', { name: 'soon' }, { delayMs: 1000 });
    await one.enqueue('post', { name: 'now' });
    await one.enqueue('other', { name: 'other' });
    const early = await claimed(one);
    clock.advance(1999);
    await one.enqueue('post', { name: 'new' });
    const second = await claimed(one, ['post', 'none'], 1);
    clock.advance(1);

    expect([early, second]).toEqual([['now'], ['soon']]);
    expect((await claimed(one)).sort()).toEqual(['later', 'new']);
    expect(await claimed(two, [])).toEqual([]);
    expect(await claimed(two, ['other'])).toEqual(['other']);
  });

  it('is lent: nobody else gets it until the lease is over, then anybody', async () => {
    await one.enqueue('post', { name: 'a' });
    await one.claim(['post'], 1, LEASE_MS);
    clock.advance(LEASE_MS - 1);
    const early = await claimed(two);
    clock.advance(1);
    const [again] = await two.claim(['post'], 1, LEASE_MS);

    expect(early).toEqual([]);
    expect(again).toMatchObject({ payload: { name: 'a' }, attempts: 1 });
  });

  it('that another has claimed meanwhile is not put back by the first, whose lease is over', async () => {
    await one.enqueue('post', { name: 'a' });
    const [first] = await one.claim(['post'], 1, LEASE_MS);
    clock.advance(LEASE_MS);
    const [second] = await two.claim(['post'], 1, LEASE_MS);
    await one.failed(first!.id, 'too late', 0);
    await one.failed(first!.id, 'too late', undefined);
    const claimedMeanwhile = await claimed(one);
    await two.failed(second!.id, 'really failed', 0);

    expect(claimedMeanwhile).toEqual([]);
    expect(await states()).toEqual([{ state: 'waiting', error: 'really failed' }]);
    expect(await claimed(one)).toEqual(['a']);
  });

  it('is lent for longer by whoever has it, and by nobody else', async () => {
    await one.enqueue('post', { name: 'a' });
    const [first] = await one.claim(['post'], 1, LEASE_MS);
    clock.advance(20_000);
    const extended = await one.extend(first!.id, LEASE_MS);
    clock.advance(LEASE_MS - 1);
    const early = await claimed(two);
    clock.advance(1);
    // Nobody has claimed it meanwhile: it is still the first one's.
    const late = await one.extend(first!.id, 1000);
    clock.advance(1000);
    const [second] = await two.claim(['post'], 1, LEASE_MS);

    expect([extended, early, late]).toEqual([true, [], true]);
    expect(await one.extend(first!.id, LEASE_MS)).toBe(false);
    expect(await two.extend(second!.id, LEASE_MS)).toBe(true);
    await two.done(second!.id);
    expect(await two.extend(second!.id, LEASE_MS)).toBe(false);
  });

  it('that is done is done, also when its lease was over and whatever the next one says', async () => {
    await one.enqueue('post', { name: 'a' });
    const [first] = await one.claim(['post'], 1, LEASE_MS);
    clock.advance(LEASE_MS);
    const [second] = await two.claim(['post'], 1, LEASE_MS);
    await one.done(first!.id);
    await two.failed(second!.id, 'no answer', 0);
    clock.advance(DAY_MS);

    expect(await states()).toEqual([{ state: 'done', error: null }]);
    expect(await claimed(one)).toEqual([]);
  });

  it('that failed is due again after the pause it was given', async () => {
    await one.enqueue('post', { name: 'a' });
    const [first] = await one.claim(['post'], 1, LEASE_MS);
    await one.failed(first!.id, 'no answer \0', 60_000);
    clock.advance(59_999);
    const early = await claimed(two);
    clock.advance(1);

    expect(early).toEqual([]);
    expect(await claimed(two)).toEqual(['a']);
    expect(await states()).toEqual([{ state: 'waiting', error: 'no answer \ufffd' }]);
  });

  it('that is given up is never claimed again, and kept with its last error', async () => {
    await one.enqueue('post', { name: 'a' });
    const [first] = await one.claim(['post'], 1, LEASE_MS);
    await one.failed(first!.id, 'the webhook answered 500', undefined);
    clock.advance(DAY_MS);

    expect(await claimed(two)).toEqual([]);
    expect(await states()).toEqual([{ state: 'given-up', error: 'the webhook answered 500' }]);
  });

  it('with a key is entered once of its kind, also by twenty at once and when it is done', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? one : two).enqueue('post', { name: 'a' }, { key: 'k' })),
    );
    await one.enqueue('other', { name: 'b' }, { key: 'k' });
    await one.enqueue('post', { name: 'c' });
    await one.enqueue('post', { name: 'c' });
    const all = await one.claim(['post', 'other'], 100, LEASE_MS);
    for (const { id } of all) await one.done(id);
    await one.enqueue('post', { name: 'a' }, { key: 'k' });

    expect(all.map(({ payload }) => payload.name).sort()).toEqual(['a', 'b', 'c', 'c']);
    expect(await claimed(one)).toEqual([]);
  });

  it('is forgotten a day after it was done, thirty after it was given up, and never before', async () => {
    for (const name of ['done', 'given up', 'waiting', 'lent']) await one.enqueue('post', { name }, { key: name });
    const [done, givenUp, waiting] = await one.claim(['post'], 3, LEASE_MS);
    await one.claim(['post'], 1, 90 * DAY_MS);
    await one.done(done!.id);
    await one.failed(givenUp!.id, 'x', undefined);
    await one.failed(waiting!.id, 'x', 60 * DAY_MS);
    const left = async () => {
      await pruneJobs(databases[0]!.query, clock.now());
      const rows = await onServer<{ key: string }>(fresh.url, 'SELECT key FROM jobs ORDER BY id');
      return rows.map(({ key }) => key);
    };
    clock.advance(DAY_MS);
    const dayLater = await left();
    clock.advance(1);
    const afterDay = await left();
    clock.advance(29 * DAY_MS);
    const monthLater = await left();

    expect(dayLater).toEqual(['done', 'given up', 'waiting', 'lent']);
    expect(afterDay).toEqual(['given up', 'waiting', 'lent']);
    expect(monthLater).toEqual(['waiting', 'lent']);
  });
});

describe('many instances', () => {
  it('never get the same job, however many claim at once', async () => {
    await onServer(
      fresh.url,
      `INSERT INTO jobs (kind, payload, due_at, entered_at)
       SELECT 'post', json_build_object('name', n), '2026-01-01', '2026-01-01' FROM generate_series(1, 300) n`,
    );
    const names: unknown[] = [];
    const drain = async (queue: JobQueue) => {
      for (;;) {
        const batch = await claimed(queue, ['post'], 7);
        if (batch.length === 0) return;
        names.push(...batch);
      }
    };
    await Promise.all([one, two, one, two, one, two].map(drain));
    // What was locked by another at the last look may be left over.
    await drain(one);

    expect(names).toHaveLength(300);
    expect(new Set(names).size).toBe(300);
  });

  it('hear when one of them has entered something', async () => {
    let heard = 0;
    const end = two.onEntered(() => heard++);
    // The connection that hears it stands by now or is made.
    await soon(async () => {
      await one.enqueue('post', { name: 'a' });
      expect(heard).toBeGreaterThan(0);
    });
    end();
  });

  it('carry out every job once between them', async () => {
    const carriedOut: unknown[] = [];
    const handler: JobHandler = {
      leaseMs: LEASE_MS,
      delaysMs: [],
      run: async ({ name }) => void carriedOut.push(name),
    };
    const runners = [one, two].map((queue) => runJobs({ queue, clock: realClock(), log, handlers: { post: handler } }));
    const names = Array.from({ length: 60 }, (_, index) => `${index}`);
    await Promise.all(names.map((name, index) => (index % 2 ? one : two).enqueue('post', { name })));
    await soon(() => expect(carriedOut.length).toBeGreaterThanOrEqual(60));
    await soon(async () => expect((await states()).every(({ state }) => state === 'done')).toBe(true));
    for (const runner of runners) await runner.stop();

    expect([...carriedOut].sort()).toEqual(names.sort());
  });

  it('carry out the job of one that died, when its lease is over', async () => {
    const carriedOut: unknown[] = [];
    const handler: JobHandler = {
      leaseMs: LEASE_MS,
      delaysMs: [],
      run: async ({ name }) => void carriedOut.push(name),
    };
    await one.enqueue('post', { name: 'orphan' });
    // Nothing more is ever heard of this claim.
    await one.claim(['post'], 1, LEASE_MS);
    const runner = runJobs({ queue: two, clock, log, handlers: { post: handler } });
    clock.advance(LEASE_MS - 1);
    const early = [...carriedOut];
    await soon(async () => {
      clock.advance(1000);
      expect(carriedOut).toEqual(['orphan']);
      expect(await states()).toEqual([{ state: 'done', error: null }]);
    });
    await runner.stop();

    expect(early).toEqual([]);
    expect(carriedOut).toEqual(['orphan']);
  });

  it('carry out at once what a runner that stopped has put back', async () => {
    await one.enqueue('post', { name: 'a' });
    const begun: unknown[] = [];
    const endless: JobHandler = {
      leaseMs: LEASE_MS,
      delaysMs: [],
      run: ({ name }, signal) => {
        begun.push(name);
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    };
    const runner = runJobs({ queue: one, clock, log, handlers: { post: endless } });
    await soon(() => expect(begun).toEqual(['a']));
    await runner.stop();

    expect(await claimed(two)).toEqual(['a']);
  });
});
