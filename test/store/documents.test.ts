import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedDocuments, openDocuments } from './opened-documents.js';

const INDEX = { vectorBucketName: 'documents', indexName: 'manuals' };
const NAME = { ...INDEX, documentId: 'returns' };
const INPUT = {
  name: 'returns.md',
  mediaType: 'text/markdown',
  source: 'https://docs.example.com/returns',
  metadata: { product: 'lamps', year: 2026, tags: ['a', 'b'] },
  embeddingModelId: 'amazon.titan-embed-text-v2:0',
  content: Buffer.from('# Returns\n'),
} as const;
const LEASE_MS = 60_000;

let opened: OpenedDocuments;
beforeEach(async () => {
  opened = await openDocuments();
});
afterEach(() => opened.close());

const orders = async () => {
  const jobs = await opened.jobs.claim(['knowledge-document'], 50, LEASE_MS);
  return jobs.map(({ payload }) => payload);
};

describe('a document on record', () => {
  it('waits to be stored, by a job that is entered with it', async () => {
    const record = await opened.records.put(NAME, INPUT);

    expect(record).toEqual({
      ...NAME,
      name: 'returns.md',
      mediaType: 'text/markdown',
      source: 'https://docs.example.com/returns',
      metadata: INPUT.metadata,
      embeddingModelId: INPUT.embeddingModelId,
      state: 'waiting',
      error: null,
      byteLength: 10,
      chunkCount: null,
      enteredAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-01T00:00:00.000Z',
    });
    expect(await opened.records.find(NAME)).toEqual(record);
    expect(await orders()).toEqual([{ ...NAME, revision: 1 }]);
  });

  it('is lent with its content to one job at a time, until the end of the lease', async () => {
    await opened.records.put(NAME, INPUT);
    const begin = () => opened.records.begin(NAME, 1, LEASE_MS);

    expect(await begin()).toEqual({ wanted: 'stored', input: INPUT, attempt: 1 });
    expect(await begin()).toBe('busy');
    expect((await opened.records.find(NAME))?.state).toBe('storing');
    opened.clock.advance(LEASE_MS);
    expect(await begin()).toMatchObject({ attempt: 2 });
  });

  it('is as large as it was, byte by byte, however many pieces it is kept and read in', async () => {
    const content = randomBytes(9_500_000);
    await opened.records.put(NAME, { ...INPUT, content });
    const work = await opened.records.begin(NAME, 1, LEASE_MS);

    expect(work).not.toBe('busy');
    expect(work !== 'busy' && work && Buffer.compare(work.input.content, content)).toBe(0);
  });

  it('keeps its content until it is stored', async () => {
    await opened.records.put(NAME, INPUT);
    await opened.records.begin(NAME, 1, LEASE_MS);
    await opened.records.finish(NAME, 1, { state: 'waiting', error: 'busy' });

    expect(await opened.records.find(NAME)).toMatchObject({ state: 'waiting', error: 'busy' });
    expect(await opened.records.begin(NAME, 1, LEASE_MS)).toMatchObject({ input: INPUT, attempt: 2 });
    await opened.records.finish(NAME, 1, { state: 'stored', chunkCount: 3 });

    expect(await opened.records.find(NAME)).toMatchObject({ state: 'stored', error: null, chunkCount: 3 });
    expect(await opened.records.begin(NAME, 1, LEASE_MS)).toBeUndefined();
    const [row] = await opened.database.query<{ content: Buffer | null }>('SELECT content FROM documents');
    expect(row!.content).toBeNull();
  });

  it('that is put again while it is being stored is lent again only after that', async () => {
    await opened.records.put(NAME, INPUT);
    await opened.records.begin(NAME, 1, LEASE_MS);
    await opened.records.put(NAME, { ...INPUT, content: Buffer.from('New.') });

    expect(await opened.records.begin(NAME, 2, LEASE_MS)).toBe('busy');
    await opened.records.finish(NAME, 1, { state: 'stored', chunkCount: 9 });

    expect(await opened.records.find(NAME)).toMatchObject({ state: 'waiting', chunkCount: null, byteLength: 4 });
    expect(await opened.records.begin(NAME, 1, LEASE_MS)).toBeUndefined();
    expect(await opened.records.begin(NAME, 2, LEASE_MS)).toMatchObject({ input: { content: Buffer.from('New.') } });
    expect(await orders()).toHaveLength(2);
  });

  it('that failed for good is left alone, until it is put again', async () => {
    await opened.records.put(NAME, INPUT);
    await opened.records.begin(NAME, 1, LEASE_MS);
    await opened.records.finish(NAME, 1, { state: 'failed', error: 'The PDF is damaged.' });

    expect(await opened.records.find(NAME)).toMatchObject({ state: 'failed', error: 'The PDF is damaged.' });
    expect(await opened.records.begin(NAME, 1, LEASE_MS)).toBeUndefined();
    expect(await opened.records.put(NAME, INPUT)).toMatchObject({ state: 'waiting', error: null });
    expect(await opened.records.begin(NAME, 2, LEASE_MS)).toMatchObject({ attempt: 1 });
  });

  it('is gone once its deletion is done', async () => {
    await opened.records.put(NAME, INPUT);
    expect(await opened.records.delete(NAME)).toMatchObject({ state: 'deleting' });

    expect(await opened.records.begin(NAME, 1, LEASE_MS)).toBeUndefined();
    expect(await opened.records.begin(NAME, 2, LEASE_MS)).toMatchObject({ wanted: 'deleted' });
    await opened.records.finish(NAME, 2, { state: 'waiting', error: 'busy' });
    expect(await opened.records.find(NAME)).toMatchObject({ state: 'deleting', error: 'busy' });
    await opened.records.begin(NAME, 2, LEASE_MS);
    await opened.records.finish(NAME, 2, { state: 'deleted' });

    expect(await opened.records.find(NAME)).toBeUndefined();
    await expect(opened.records.delete(NAME)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('stays when it was put again before its deletion was done', async () => {
    await opened.records.put(NAME, INPUT);
    await opened.records.delete(NAME);
    await opened.records.begin(NAME, 2, LEASE_MS);
    await opened.records.put(NAME, INPUT);
    await opened.records.finish(NAME, 2, { state: 'deleted' });

    expect(await opened.records.begin(NAME, 3, LEASE_MS)).toMatchObject({ wanted: 'stored', input: INPUT });
  });
});

describe('documents on record', () => {
  it('are listed by their ids, page by page, those of one index', async () => {
    for (const documentId of ['c', 'a', 'b']) await opened.records.put({ ...INDEX, documentId }, INPUT);
    await opened.records.put({ ...NAME, indexName: 'others' }, INPUT);

    const first = await opened.records.list(INDEX, { limit: 2 });
    const second = await opened.records.list(INDEX, { limit: 2, cursor: first.nextCursor! });

    expect(first.items.map(({ documentId }) => documentId)).toEqual(['a', 'b']);
    expect(second).toMatchObject({ items: [{ documentId: 'c' }], nextCursor: null });
  });

  it('are forgotten with their index', async () => {
    await opened.records.put(NAME, INPUT);
    await opened.records.put({ ...NAME, indexName: 'others' }, INPUT);
    await opened.records.forgetIndex(INDEX);

    expect(await opened.records.find(NAME)).toBeUndefined();
    expect(await opened.records.find({ ...NAME, indexName: 'others' })).toBeDefined();
  });

  it('stay when they were put into another index of that name since', async () => {
    const again = { ...INDEX, documentId: 'again' };
    await opened.records.put(NAME, INPUT);
    await opened.records.put(again, INPUT);
    const goneMs = opened.clock.now();
    opened.clock.advance(1000);
    await opened.records.put(again, INPUT);
    await opened.records.forgetIndex(INDEX, goneMs);

    expect(await opened.records.find(NAME)).toBeUndefined();
    expect(await opened.records.find(again)).toBeDefined();
  });
});
