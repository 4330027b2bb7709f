import { describe, expect, it } from 'vitest';
import { connectToIndex, refusal, vector } from './place.js';

describe('a query', () => {
  it('gives the nearest first, with cosine distances from 0 to 2', async () => {
    const { put, query } = await connectToIndex();
    await put(vector('opposite', [-1, 0, 0]), vector('same', [5, 0, 0]), vector('across', [0, 1, 0]));

    const { vectors, distanceMetric } = await query({ returnDistance: true });

    expect(distanceMetric).toBe('cosine');
    expect(vectors).toEqual([
      { key: 'same', distance: 0 },
      { key: 'across', distance: 1 },
      { key: 'opposite', distance: 2 },
    ]);
  });

  it('measures straight lines where the index was made so', async () => {
    const { put, query } = await connectToIndex({ distanceMetric: 'euclidean' });
    await put(vector('far', [4, 4, 0]), vector('near', [1, 2, 0]));

    const { vectors, distanceMetric } = await query({ returnDistance: true });

    expect(distanceMetric).toBe('euclidean');
    expect(vectors).toEqual([
      { key: 'near', distance: 2 },
      { key: 'far', distance: 5 },
    ]);
  });

  it('gives keys alone unless more is asked for, and metadata even where there is none', async () => {
    const { put, query } = await connectToIndex();
    await put(vector('a', [1, 0, 0], { page: 1 }), vector('b', [1, 1, 0]));

    expect((await query()).vectors).toEqual([{ key: 'a' }, { key: 'b' }]);
    expect((await query({ returnMetadata: true })).vectors).toEqual([
      { key: 'a', metadata: { page: 1 } },
      { key: 'b', metadata: {} },
    ]);
  });

  it('counts only what passes its filter', async () => {
    const { put, query } = await connectToIndex();
    await put(vector('near', [1, 0, 0], { lang: 'de' }), vector('far', [0, 1, 0], { lang: 'en' }));

    expect((await query({ topK: 1, filter: { lang: 'en' } })).vectors).toEqual([{ key: 'far' }]);
  });

  it('has at most 100 results, more only where the stand-in is told so', async () => {
    const { query } = await connectToIndex();

    for (const topK of [0, 101]) {
      await expect(query({ topK })).rejects.toMatchObject(
        refusal('ValidationException', /Value at '\/topK'.*between 1 and 100, inclusive/),
      );
    }
  });

  it('comes in pages where it may have many results', async () => {
    const { put, query } = await connectToIndex({ maxTopK: 10_000 });
    await put(...Array.from({ length: 150 }, (_, number) => vector(`key-${number}`, [1, number / 1000, 0])));

    const first = await query({ topK: 120 });
    const second = await query({ topK: 120, nextToken: first.nextToken! });

    expect([first.vectors?.length, second.vectors?.length]).toEqual([100, 20]);
    expect(second.vectors?.at(-1)).toEqual({ key: 'key-119' });
    expect(second.nextToken).toBeUndefined();
    await expect(query({ topK: 110, nextToken: first.nextToken! })).rejects.toMatchObject(
      refusal('ValidationException', 'Invalid nextToken'),
    );
  });

  it.each([
    ['has another length', [1, 0], 'vector must have length 3, but has length 2'],
    ['has no end', [Number.NEGATIVE_INFINITY, 0, 0], 'vector contains NaNs or Infs'],
    ['is zero', [0, 0, 0], 'cosine distance does not support vectors with zero norm'],
  ])('is refused when its vector %s', async (_, float32, fault) => {
    const { query } = await connectToIndex();

    await expect(query({ queryVector: { float32 } })).rejects.toMatchObject({
      ...refusal('ValidationException', 'Query vector contains invalid values or is invalid for this index'),
      fieldList: [{ path: 'vector', message: `Invalid input: ${fault}` }],
    });
  });

  it('needs another permission for metadata and filters than for keys', async () => {
    const { put, query } = await connectToIndex({ denied: ['s3vectors:GetVectors'] });
    await put(vector('a', [1, 0, 0], { page: 1 }));

    expect((await query({ returnDistance: true })).vectors).toHaveLength(1);
    for (const request of [{ returnMetadata: true }, { filter: { page: 1 } }]) {
      await expect(query(request)).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringContaining('s3vectors:GetVectors') as string,
        $metadata: { httpStatusCode: 403 },
      });
    }
  });

  it('fails on demand, as any request', async () => {
    const { query, server } = await connectToIndex();
    server.failNext({ kind: 'http', status: 429, type: 'TooManyRequestsException' });

    await expect(query()).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    expect((await query()).vectors).toEqual([]);
    expect(server.requests.at(-1)).toMatchObject({ operation: 'QueryVectors', status: 200 });
  });
});
