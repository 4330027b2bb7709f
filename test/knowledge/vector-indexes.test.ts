import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Chunk } from '../../src/knowledge/chunks.js';
import { INDEX, type KnowledgeRig, MODEL, SOON, startKnowledge } from './rig.js';

const TARGET = {
  ...INDEX,
  topK: 5,
  embeddingModelId: MODEL,
  dimensions: 256,
  filter: {},
  textKey: 'AMAZON_BEDROCK_TEXT',
};

const RETURNS: Chunk[] = [
  { heading: 'Returns', text: 'You can send goods back within thirty days of delivery.' },
  { heading: 'Returns', text: 'A refund arrives on your card five days after the parcel.', page: 2 },
];
const SHIPPING: Chunk[] = [{ text: 'We ship parcels abroad by sea, which takes three weeks.' }];

let rig: KnowledgeRig;
beforeEach(async () => {
  rig = await startKnowledge();
});
afterEach(() => rig.close());

const makeIndex = (more: { distanceMetric?: 'euclidean'; dimensions?: number } = {}) =>
  rig.indexAdministration.create({ ...INDEX, dimensions: 256, distanceMetric: 'cosine', ...more });

const put = (documentId: string, chunks: readonly Chunk[], metadata: Record<string, string | number> = {}) =>
  rig.documents.put(
    { ...INDEX, embeddingModelId: MODEL },
    { documentId, name: `${documentId}.md`, source: `https://docs.example.com/${documentId}`, metadata, chunks },
  );

const storedKeys = () =>
  rig.servers.vectors.store
    .index(INDEX)
    .list({ limit: 1000 })
    .vectors.map(({ key }) => key)
    .sort();

describe('a question to an index', () => {
  it.each(['cosine', 'euclidean'] as const)(
    'finds what is nearest first, scored from 0 to 1, by %s distance',
    async (metric) => {
      await rig.indexAdministration.create({ ...INDEX, dimensions: 256, distanceMetric: metric });
      await put('returns', RETURNS);
      await put('shipping', SHIPPING);

      const found = await rig.vectorIndexes.query(TARGET, 'When do I get the refund on my card?');

      expect(found).toHaveLength(3);
      expect(found[0]).toEqual({
        text: RETURNS[1]!.text,
        source: 'https://docs.example.com/returns',
        score: expect.any(Number) as number,
        metadata: {
          documentId: 'returns',
          source: 'https://docs.example.com/returns',
          name: 'returns.md',
          heading: 'Returns',
          page: 2,
        },
      });
      const scores = found.map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      for (const score of scores) expect(score >= 0 && score <= 1).toBe(true);
      expect(scores[0]).toBeGreaterThan(scores[2]!);
    },
  );

  it('finds only what its filter lets through, and no more than was asked for', async () => {
    await makeIndex();
    await put('returns', RETURNS, { product: 'lamps' });
    await put('shipping', SHIPPING, { product: 'desks' });
    const query = (filter: object, topK = 5) => rig.vectorIndexes.query({ ...TARGET, filter, topK }, 'refund');

    expect((await query({ product: 'desks' })).map(({ text }) => text)).toEqual([SHIPPING[0]!.text]);
    expect(await query({ page: { $gte: 2 } })).toHaveLength(1);
    expect(await query({ product: 'chairs' })).toEqual([]);
    expect(await query({}, 1)).toHaveLength(1);
  });

  it('embeds the same question once', async () => {
    await makeIndex();
    const ask = (text: string) => rig.vectorIndexes.query(TARGET, text);

    await ask('refund');
    await ask('refund');
    await ask('shipping');

    expect(rig.servers.models.requests).toHaveLength(2);
  });

  it('leaves out vectors without text', async () => {
    await makeIndex();
    await put('returns', RETURNS);

    expect(await rig.vectorIndexes.query({ ...TARGET, textKey: 'somewhere-else' }, 'refund')).toEqual([]);
  });

  it('reads what Bedrock has put there', async () => {
    await makeIndex();
    rig.servers.vectors.store.index(INDEX).put([
      {
        key: '5b1c',
        data: Array.from({ length: 256 }, () => 1),
        metadata: {
          AMAZON_BEDROCK_TEXT: 'Thirty days.',
          AMAZON_BEDROCK_METADATA: JSON.stringify({ source: { sourceLocation: 's3://manuals/returns.md' } }),
        },
      },
    ]);

    expect(await rig.vectorIndexes.query(TARGET, 'returns')).toMatchObject([
      { text: 'Thirty days.', source: 's3://manuals/returns.md' },
    ]);
  });
});

describe('a question that cannot be answered', () => {
  const words = (pattern: RegExp) => expect.stringMatching(pattern) as string;

  it.each([
    ['the index does not exist', {}, { reason: 'not-found', retryable: false }],
    ['the filter is none', { filter: { $what: 1 } }, { reason: 'refused', retryable: false }],
    ['the index has other dimensions', { dimensions: 512 }, { reason: 'refused', retryable: false }],
    ['the model is not there', { embeddingModelId: 'amazon.none-v1:0' }, { reason: 'refused', retryable: false }],
  ])('fails in words for the model: %s', async (what, more, details) => {
    if (!what.includes('does not exist')) await makeIndex();

    await expect(rig.vectorIndexes.query({ ...TARGET, ...more }, 'refund')).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: words(/^the document search (does not exist|refused the request)$/),
      details: { ...details, service: words(/Exception: /) },
    });
  });

  it('says that it is busy, and leaves it to others to ask once more', async () => {
    await makeIndex();
    const busy = { kind: 'http', status: 429, type: 'TooManyRequestsException', message: 'slow down' } as const;
    rig.servers.vectors.failNext(busy);

    await expect(rig.vectorIndexes.query(TARGET, 'refund')).rejects.toMatchObject({
      message: 'the document search is busy at the moment',
      details: { reason: 'throttled', retryable: true },
    });
    expect(rig.taken().filter((name) => name === 'QueryVectors')).toHaveLength(1);
  });

  it('does not repeat what a proxy says', async () => {
    await makeIndex();
    rig.servers.vectors.failNext({ kind: 'html', status: 502 });

    const error = await rig.vectorIndexes.query(TARGET, 'refund').catch((each: unknown) => each);

    expect(error).toMatchObject({ details: { reason: 'unavailable' } });
    expect(JSON.stringify(error)).not.toMatch(/<html|<body/i);
  });

  it('names the right that is missing to operators, not to callers', async () => {
    const denied = await startKnowledge({ denied: ['s3vectors:GetVectors'] });
    await denied.indexAdministration.create({ ...INDEX, dimensions: 256, distanceMetric: 'cosine' });

    await expect(denied.vectorIndexes.query(TARGET, 'refund')).rejects.toMatchObject({
      message: 'the document search does not let this telephone system in',
      details: { reason: 'credentials', service: words(/s3vectors:GetVectors/) },
    });
    await denied.close();
  });

  it('is given up as soon as nobody waits', async () => {
    await makeIndex();
    rig.servers.vectors.failNext({ kind: 'hang' });
    const stop = new AbortController();
    const asked = rig.vectorIndexes.query(TARGET, 'refund', stop.signal);
    await expect.poll(() => rig.taken(), SOON).toContain('QueryVectors');
    stop.abort();

    await expect(asked).rejects.toMatchObject({ code: 'TOOL_FAILED', details: { retryable: false } });
    await expect.poll(() => rig.servers.vectors.openRequests, SOON).toBe(0);
  });
});

describe('a document in an index', () => {
  const long = (count: number, word: string): Chunk[] =>
    Array.from({ length: count }, (_, i) => ({ text: `Paragraph ${i} is about ${word}.` }));

  it('is there under its id, chunk by chunk', async () => {
    await makeIndex();
    await put('returns', RETURNS);

    expect(storedKeys()).toEqual(['returns#0', 'returns#1']);
  });

  it('is replaced when it is put again, with fewer chunks or more', async () => {
    await makeIndex();
    await put('a', long(130, 'refunds'));
    await put('b', SHIPPING);
    await put('a', long(3, 'lamps'));

    expect(storedKeys()).toEqual(['a#0', 'a#1', 'a#2', 'b#0']);
    expect((await rig.vectorIndexes.query(TARGET, 'lamps'))[0]?.text).toMatch(/lamps/);
    await put('a', long(30, 'desks'));
    expect(storedKeys()).toHaveLength(31);
  });

  it('is gone once it is deleted, and nothing else is', async () => {
    await makeIndex();
    await put('a', long(105, 'refunds'));
    await put('ab', SHIPPING);

    await rig.documents.delete(INDEX, 'a');

    expect(storedKeys()).toEqual(['ab#0']);
    await rig.documents.delete(INDEX, 'never there');
  });

  it('is deleted wholly at the second try when the first one broke off', async () => {
    await makeIndex();
    await put('a', long(150, 'refunds'));
    const refusal = { kind: 'http', status: 403, type: 'AccessDeniedException' } as const;
    let deletions = 0;
    rig.servers.vectors.failNext(refusal, 1, ({ operation }) => operation === 'DeleteVectors' && ++deletions === 2);

    await expect(rig.documents.delete(INDEX, 'a')).rejects.toMatchObject({ code: 'AWS_REFUSED' });
    expect(storedKeys().length).toBeGreaterThan(0);
    await rig.documents.delete(INDEX, 'a');

    expect(storedKeys()).toEqual([]);
  });

  it('is embedded a few chunks at a time, again when the model is busy', async () => {
    await makeIndex();
    const { models } = rig.servers;
    const busy = { kind: 'http', status: 429, type: 'ThrottlingException' } as const;
    models.failNext(busy, 1);

    await put('a', long(40, 'refunds'));

    expect(models.requests.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(40);
    expect(storedKeys()).toHaveLength(40);
  });

  it.each([
    [
      'of other dimensions than the model has',
      { dimension: 300, nonFilterableKeys: ['AMAZON_BEDROCK_TEXT', 'AMAZON_BEDROCK_METADATA'] },
    ],
    ['that takes no long texts', { dimension: 256, nonFilterableKeys: ['AMAZON_BEDROCK_METADATA'] }],
  ])('is not put into an index %s', async (_what, settings) => {
    const { store } = rig.servers.vectors;
    const bucket = store.createBucket(INDEX.vectorBucketName, 0);
    store.createIndex(bucket, INDEX.indexName, { distanceMetric: 'cosine', createdMs: 0, ...settings });

    await expect(put('a', SHIPPING)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(rig.servers.models.requests).toHaveLength(0);
  });

  it('fails with what is missing when the index is', async () => {
    await expect(put('a', SHIPPING)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('indexes', () => {
  it('are made with their bucket, so that texts of any length can be kept', async () => {
    expect(await makeIndex()).toEqual({
      ...INDEX,
      indexArn: expect.stringMatching(/bucket\/documents\/index\/manuals$/) as string,
      createdAt: expect.any(String) as string,
      dimensions: 256,
      distanceMetric: 'cosine',
      nonFilterableKeys: ['AMAZON_BEDROCK_TEXT', 'AMAZON_BEDROCK_METADATA'],
    });
    await expect(makeIndex()).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('are made in a new bucket that somebody else makes at the same time', async () => {
    const isLook = ({ operation }: { operation?: string | undefined }) => operation === 'GetVectorBucket';
    rig.servers.vectors.failNext({ kind: 'http', status: 404, type: 'NotFoundException' }, 1, isLook);
    rig.servers.vectors.store.createBucket(INDEX.vectorBucketName, 0);

    expect(await makeIndex()).toMatchObject(INDEX);
  });

  it('are listed over all buckets, page by page, each once', async () => {
    const names: string[] = [];
    for (const vectorBucketName of ['bucket-a', 'bucket-b', 'bucket-c']) {
      rig.servers.vectors.store.createBucket(`${vectorBucketName}-empty`, 0);
      for (const indexName of ['one', 'two', 'three']) {
        await rig.indexAdministration.create({
          vectorBucketName,
          indexName,
          dimensions: 256,
          distanceMetric: 'cosine',
        });
        names.push(`${vectorBucketName}/${indexName}`);
      }
    }

    for (const limit of [1, 2, 4, 9, 50]) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await rig.indexAdministration.list({ limit, cursor });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items.map((index) => `${index.vectorBucketName}/${index.indexName}`));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen.toSorted()).toEqual(names.toSorted());
    }
    const { items, nextCursor } = await rig.indexAdministration.list({ limit: 50, vectorBucketName: 'bucket-b' });
    expect([items.length, nextCursor]).toEqual([3, null]);
  });

  it('are deleted with what is in them', async () => {
    await makeIndex();
    await rig.indexAdministration.delete(INDEX);

    await expect(rig.indexAdministration.get(INDEX)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('say of a cursor that is none that it is none', async () => {
    await expect(rig.indexAdministration.list({ limit: 5, cursor: 'x' })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      details: { field: 'cursor' },
    });
  });
});
