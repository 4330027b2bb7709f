import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BridgeError } from '../../src/errors.js';
import { documentJob } from '../../src/jobs/document.js';
import { INGESTION_JOB, ingestionJob } from '../../src/jobs/ingestion.js';
import { runJobs } from '../../src/jobs/runner.js';
import type { Ingestion } from '../../src/knowledge/knowledge-base-shapes.js';
import { type OpenedDocuments, openDocuments } from '../store/opened-documents.js';
import { pdfOf } from './pdf.js';
import { INDEX, MODEL, SOON, startKnowledge } from './rig.js';

const NAME = { ...INDEX, documentId: 'returns' };
const INPUT = {
  name: 'returns.md',
  mediaType: 'text/markdown',
  source: null,
  metadata: {},
  embeddingModelId: MODEL,
  content: Buffer.from('# Returns\nThirty days.\n'),
} as const;
const never = new AbortController().signal;

let opened: OpenedDocuments;
beforeEach(async () => {
  opened = await openDocuments();
});
afterEach(() => opened.close());

const stateOf = async (documentId = 'returns') => (await opened.records.find({ ...INDEX, documentId }))?.state;

describe('a document that was put', () => {
  it('is read, embedded and stored by a job, found, and deleted by another', async () => {
    const room = await startKnowledge();
    await room.indexAdministration.create({ ...INDEX, dimensions: 256, distanceMetric: 'cosine' });
    const { clock, log, jobs: queue, records } = opened;
    const handlers = { 'knowledge-document': documentJob({ records, reader: room.reader, documents: room.documents }) };
    const jobs = runJobs({ queue, clock, log, handlers });
    const query = (text: string) =>
      room.vectorIndexes.query(
        { ...INDEX, topK: 1, embeddingModelId: MODEL, dimensions: 256, filter: {}, textKey: 'AMAZON_BEDROCK_TEXT' },
        text,
      );

    await records.put(NAME, INPUT);
    await records.put(
      { ...INDEX, documentId: 'manual' },
      { ...INPUT, name: 'manual.pdf', mediaType: 'application/pdf', content: pdfOf([['Press the red button twice.']]) },
    );
    await records.put({ ...INDEX, documentId: 'bad' }, { ...INPUT, mediaType: 'application/pdf' });

    await expect.poll(() => stateOf('bad'), SOON).toBe('failed');
    await expect.poll(() => stateOf('manual'), SOON).toBe('stored');
    await expect.poll(() => stateOf(), SOON).toBe('stored');
    expect((await query('which button?'))[0]).toMatchObject({
      text: 'Press the red button twice.',
      source: 'manual.pdf',
      metadata: { page: 1, documentId: 'manual' },
    });
    expect(await records.find({ ...INDEX, documentId: 'bad' })).toMatchObject({
      error: expect.stringMatching(/damaged/) as string,
    });

    await records.delete(NAME);
    await expect.poll(() => stateOf(), SOON).toBeUndefined();
    expect((await query('returns')).map(({ metadata }) => metadata.documentId)).toEqual(['manual']);
    await jobs.stop();
    await room.close();
  });
});

describe('the job of a document', () => {
  /** The job, with a reader that gives one chunk and an index that answers as `put` says. */
  function job(put: () => Promise<void>) {
    const stored: string[] = [];
    const handler = documentJob({
      records: opened.records,
      reader: { read: async () => [{ text: 'Thirty days.' }] },
      documents: {
        async put(_index, { documentId }) {
          await put();
          stored.push(documentId);
        },
        delete: put,
        close: () => undefined,
      },
    });
    return { stored, run: (revision = 1, signal = never) => handler.run({ ...NAME, revision }, signal), handler };
  }
  const busy = () => new BridgeError('TOO_MANY_REQUESTS', 'S3 Vectors: slow down');

  it('is tried again when the service is busy, and says so meanwhile', async () => {
    let isBusy = true;
    const { run } = job(async () => {
      if (isBusy) throw busy();
    });
    await opened.records.put(NAME, INPUT);

    await expect(run()).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    expect(await opened.records.find(NAME)).toMatchObject({ state: 'waiting', error: 'S3 Vectors: slow down' });
    isBusy = false;
    await run();

    expect(await opened.records.find(NAME)).toMatchObject({ state: 'stored', chunkCount: 1, error: null });
  });

  it('is given up after six attempts, which the record says', async () => {
    const { run, handler } = job(() => Promise.reject(busy()));
    await opened.records.put(NAME, INPUT);

    for (let attempt = 1; attempt < 6; attempt++) await expect(run()).rejects.toThrow();
    await run();

    expect(await opened.records.find(NAME)).toMatchObject({ state: 'failed', error: 'S3 Vectors: slow down' });
    expect(handler.delaysMs.length).toBeGreaterThan(6);
  });

  it('is not repeated when that cannot help', async () => {
    const { run } = job(() => Promise.reject(new BridgeError('NOT_FOUND', 'There is no such index.')));
    await opened.records.put(NAME, INPUT);
    await run();

    expect(await stateOf()).toBe('failed');
  });

  it('is repeated when the instance stopped meanwhile', async () => {
    const stop = new AbortController();
    const { run } = job(async () => {
      stop.abort(new Error('the instance stops'));
      throw new BridgeError('CONFLICT', 'whatever an aborted request says');
    });
    await opened.records.put(NAME, INPUT);

    await expect(run(1, stop.signal)).rejects.toThrow();
    expect(await stateOf()).toBe('waiting');
  });

  it('does nothing for a revision that is not wanted any more', async () => {
    const { run, stored } = job(async () => undefined);
    await opened.records.put(NAME, INPUT);
    await opened.records.put(NAME, INPUT);

    await run(1);
    expect(stored).toEqual([]);
    await run(2);
    await run(2);
    expect(stored).toEqual(['returns']);
  });

  it('comes again while another one is at work on the document', async () => {
    const { run } = job(async () => undefined);
    await opened.records.put(NAME, INPUT);
    await opened.records.begin(NAME, 1, 60_000);

    await expect(run()).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('takes a document as deleted when its index is gone', async () => {
    const { run } = job(() => Promise.reject(new BridgeError('NOT_FOUND', 'There is no such index.')));
    await opened.records.put(NAME, INPUT);
    await opened.records.delete(NAME);
    await run(2);

    expect(await opened.records.find(NAME)).toBeUndefined();
  });
});

describe('the job that follows an ingestion', () => {
  const documents = { scanned: 1, added: 1, modified: 0, deleted: 0, failed: 0, skipped: 0 };
  const ingestion = (status: string): Ingestion => ({
    id: 'SOURCE0000-JOB0000000',
    sourceId: 'SOURCE0000',
    status,
    documents,
    startedAt: null,
    updatedAt: null,
    failureReasons: [],
  });
  const PAYLOAD = { knowledgeBaseId: 'BASE000000', ingestionId: 'SOURCE0000-JOB0000000' };

  it('looks again and again, on whichever instance, until it is over, and tells it once', async () => {
    const { clock, log, jobs: queue } = opened;
    let looks = 0;
    const ended: unknown[] = [];
    const handler = ingestionJob({
      queue,
      find: async () => ingestion(++looks < 3 ? 'IN_PROGRESS' : 'COMPLETE'),
      async ended(knowledgeBaseId, { status }) {
        ended.push([knowledgeBaseId, status]);
      },
    });
    await queue.enqueue(INGESTION_JOB, PAYLOAD);
    for (const count of [1, 2, 3]) {
      // Each look on an instance of its own, as after restarts.
      const jobs = runJobs({ queue, clock, log, handlers: { [INGESTION_JOB]: handler } });
      await expect.poll(() => looks, SOON).toBe(count);
      await jobs.stop();
      clock.advance(60_000);
    }

    expect(ended).toEqual([['BASE000000', 'COMPLETE']]);
    expect(await queue.claim([INGESTION_JOB], 10, 1000)).toEqual([]);
  });

  it('has one successor, also when it is repeated', async () => {
    const handler = ingestionJob({
      queue: opened.jobs,
      find: async () => ingestion('IN_PROGRESS'),
      ended: async () => undefined,
    });
    await handler.run(PAYLOAD, never);
    await handler.run(PAYLOAD, never);
    opened.clock.advance(60_000);

    const jobs = await opened.jobs.claim([INGESTION_JOB], 10, 1000);
    expect(jobs.map(({ payload }) => payload)).toEqual([{ ...PAYLOAD, look: 1 }]);
  });

  it('ends when what it follows is gone', async () => {
    const handler = ingestionJob({
      queue: opened.jobs,
      find: () => Promise.reject(new BridgeError('NOT_FOUND', 'There is no knowledge base.')),
      ended: () => Promise.reject(new Error('nobody is told')),
    });
    await handler.run(PAYLOAD, never);
    opened.clock.advance(60_000);

    expect(await opened.jobs.claim([INGESTION_JOB], 10, 1000)).toEqual([]);
  });
});
