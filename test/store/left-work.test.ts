import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { documentJob } from '../../src/jobs/document.js';
import { runJobs } from '../../src/jobs/runner.js';
import { createLog } from '../../src/log.js';
import { connectDatabase, type Database } from '../../src/store/database.js';
import { freeLeftWork } from '../../src/store/left-work.js';
import { onServer } from './on-server.js';
import { type OpenedStore, openFreshStore } from './opened-store.js';

const KIND = 'knowledge-document';
const NAME = { vectorBucketName: 'documents', indexName: 'manuals', documentId: 'returns' };
const INPUT = {
  name: 'returns.md',
  mediaType: 'text/markdown',
  source: null,
  metadata: {},
  embeddingModelId: 'amazon.titan-embed-text-v2:0',
  content: Buffer.from('# Returns\n'),
} as const;
const QUARTER_MS = 900_000;
const log = createLog('silent');

/** One for each: nobody says that it lives when a test says that it does not. */
let clock: FakeClock;
let opened: OpenedStore;
let dead: OpenedStore;
let database: Database;

beforeEach(async () => {
  clock = new FakeClock();
  opened = await openFreshStore({ clock });
  dead = await opened.another({ clock: new FakeClock() });
  database = connectDatabase({ url: opened.url, clock, log });
});
afterEach(async () => {
  await database.close();
  await opened.close();
});

const unseen = (interval: string) =>
  onServer(opened.url, `UPDATE instances SET seen_at = now() - interval '${interval}' WHERE id = $1`, [
    dead.store.instance.id,
  ]);
const claim = ({ store }: OpenedStore, endsWithInstance = true) =>
  store.jobs.claim([KIND], 1, QUARTER_MS, { endsWithInstance });
const free = (contactMs = 25_000) => freeLeftWork({ database, clock, contactMs: () => contactMs });
/** The other instance is at work on a document. */
const begun = async () => {
  await dead.store.documents.put(NAME, INPUT);
  const [job] = await claim(dead);
  await dead.store.documents.begin(NAME, 1, QUARTER_MS);
  return job!;
};

describe('what an instance has begun that is gone', () => {
  it('is begun again by another as soon as two heartbeats are missing', async () => {
    await begun();
    await unseen('24 seconds');
    const early = await free();
    await unseen('26 seconds');

    expect([early, await free(), await free()]).toEqual([0, 1, 0]);
    expect(await claim(opened)).toMatchObject([{ payload: { ...NAME, revision: 1 }, attempts: 1 }]);
    expect(await opened.store.documents.begin(NAME, 1, QUARTER_MS)).toMatchObject({ wanted: 'stored', attempt: 2 });
  });

  it('is looked for every five seconds by those that live, and carried out', async () => {
    await begun();
    await unseen('1 hour');
    const startMs = clock.now();
    const jobs = runJobs({
      ...{ queue: opened.store.jobs, clock, log },
      handlers: {
        [KIND]: documentJob({
          records: opened.store.documents,
          reader: { read: async () => [] },
          documents: { put: async () => undefined, delete: async () => undefined } as never,
        }),
      },
    });
    const state = async () => {
      clock.advance(1000);
      return (await opened.store.documents.find(NAME))?.state;
    };
    await expect.poll(state, { interval: 5, timeout: 20_000 }).toBe('stored');
    await jobs.stop();

    expect(clock.now() - startMs).toBeLessThan(QUARTER_MS / 2);
  });

  it('is left to it after an outage of the store, until it had time to say that it lives', async () => {
    await begun();
    await unseen('1 hour');

    expect(await free(24_999)).toBe(0);
    expect(await free(25_000)).toBe(1);
  });

  it('is left to it until the end of its lease when it may not be done twice at once', async () => {
    await dead.store.jobs.enqueue(KIND, { name: 'a' });
    await claim(dead, false);
    await unseen('1 hour');

    expect(await free()).toBe(0);
    expect(await claim(opened)).toEqual([]);
  });

  it('is not its own any more when it was put back or came to an end', async () => {
    const job = await begun();
    await dead.store.documents.finish(NAME, 1, { state: 'waiting', error: 'busy' });
    await dead.store.jobs.failed(job.id, 'busy', 60_000);
    await unseen('1 hour');

    expect(await free()).toBe(0);
    expect(await claim(opened)).toEqual([]);
  });

  it('is begun again at once by one that has the database alone, which keeps what it has itself', async () => {
    await begun();
    await opened.store.jobs.enqueue(KIND, { name: 'own' });
    expect(await claim(opened)).toMatchObject([{ payload: { name: 'own' } }]);

    expect(await opened.store.freeFormerWork()).toBe(1);
    expect(await claim(opened)).toMatchObject([{ payload: { ...NAME, revision: 1 } }]);
    expect(await claim(opened)).toEqual([]);
  });
});
