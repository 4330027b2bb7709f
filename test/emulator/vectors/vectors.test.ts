import { DeleteVectorsCommand, GetVectorsCommand, ListVectorsCommand } from '@aws-sdk/client-s3vectors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectToIndex, INDEX, refusal, vector } from './place.js';

type Place = Awaited<ReturnType<typeof connectToIndex>>;

const get = ({ client }: Place, keys: string[], options = { returnData: true, returnMetadata: true }) =>
  client.send(new GetVectorsCommand({ ...INDEX, keys, ...options }));

describe('a stored vector', () => {
  it('comes back as 32-bit numbers with all its metadata', async () => {
    const place = await connectToIndex();
    const metadata = { title: 'Returns', page: 3, current: true, tags: ['a', 'b'] };
    await place.put(vector('returns#0', [0.1, 0.2, 0.3], metadata));

    const { vectors } = await get(place, ['returns#0', 'nowhere']);

    expect(vectors).toEqual([{ key: 'returns#0', data: { float32: [0.1, 0.2, 0.3].map(Math.fround) }, metadata }]);
  });

  it('comes back by its key alone unless more is asked for', async () => {
    const place = await connectToIndex();
    await place.put(vector('a', [1, 0, 0], { page: 1 }));

    const { vectors } = await get(place, ['a'], { returnData: false, returnMetadata: false });

    expect(vectors).toEqual([{ key: 'a' }]);
  });

  it('is replaced as a whole by another one of its key', async () => {
    const place = await connectToIndex();
    await place.put(vector('a', [1, 0, 0], { page: 1 }));

    await place.put(vector('a', [0, 1, 0], { title: 'New' }));

    const { vectors } = await get(place, ['a']);
    expect(vectors).toEqual([{ key: 'a', data: { float32: [0, 1, 0] }, metadata: { title: 'New' } }]);
  });

  it('is deleted without complaint about keys that are not there', async () => {
    const place = await connectToIndex();
    await place.put(vector('a'), vector('b'));

    await place.client.send(new DeleteVectorsCommand({ ...INDEX, keys: ['a', 'never'] }));

    expect((await get(place, ['a', 'b'])).vectors).toMatchObject([{ key: 'b' }]);
  });
});

describe('a vector is refused', () => {
  it.each([
    ['of another length', [1, 0], 'vector must have length 3, but has length 2'],
    ['with a number that is none', [Number.NaN, 0, 0], 'vector contains NaNs or Infs'],
    ['without end', [Number.POSITIVE_INFINITY, 0, 0], 'vector contains NaNs or Infs'],
    ['too large for 32 bits', [1e39, 0, 0], 'vector contains NaNs or Infs'],
    ['of zeros', [0, 0, 0], 'cosine distance does not support vectors with zero norm'],
    ['of zeros in 32 bits', [1e-46, 1e-46, 0], 'cosine distance does not support vectors with zero norm'],
  ])('%s', async (_, data, fault) => {
    const place = await connectToIndex();

    await expect(place.put(vector('good'), vector('bad', data))).rejects.toMatchObject({
      ...refusal('ValidationException', `Invalid record for key 'bad': ${fault}`),
      fieldList: [{ path: 'vectors[1]', message: fault }],
    });
    expect((await get(place, ['good'])).vectors).toEqual([]);
  });

  it('of zeros only where angles count', async () => {
    const place = await connectToIndex({ distanceMetric: 'euclidean' });

    await place.put(vector('origin', [0, 0, 0]));

    expect((await get(place, ['origin'])).vectors).toHaveLength(1);
  });

  it.each([
    ['an object', { loc: { page: 1 } }, 'Metadata values must be strings, numbers, booleans, or arrays'],
    ['nothing', { loc: null }, 'Metadata values must be strings, numbers, booleans, or arrays'],
    ['an empty array', { tags: [] }, 'Empty arrays are not allowed in metadata'],
    ['an array of two types', { tags: [1, 'a'] }, 'Metadata array values must be strings or numbers'],
    ['an array of booleans', { tags: [true] }, 'Metadata array values must be strings or numbers'],
    ['51 keys', keys(51), 'Metadata object must have at most 50 keys'],
  ])('whose metadata has %s', async (_, metadata, fault) => {
    const place = await connectToIndex();

    await expect(place.put(vector('bad', [1, 0, 0], metadata))).rejects.toMatchObject({
      ...refusal('ValidationException', `Invalid record for key 'bad': ${fault}`),
      fieldList: [{ path: 'vectors[0].metadata', message: fault }],
    });
  });

  it.each([
    ['one key and text', { f: 'x'.repeat(2035) }],
    ['letters of two bytes', { f: 'é'.repeat(1017) }],
    ['letters that JSON escapes', { f: '\n'.repeat(2035) }],
    ['ten keys with numbers', { ...numbers(10), f: 'x'.repeat(1895) }],
    ['fifty numbers in an array', { a: Array<number>(50).fill(1.5), f: 'x'.repeat(1626) }],
  ])('with more than 2,048 bytes to filter by, counted as the service does: %s', async (_, metadata) => {
    const place = await connectToIndex();

    await place.put(vector('fits', [1, 0, 0], metadata));
    const more = place.put(vector('bad', [1, 0, 0], { ...metadata, f: `${metadata.f}xx` }));

    await expect(more).rejects.toMatchObject(
      refusal('ValidationException', "Invalid record for key 'bad': Filterable metadata must have at most 2048 bytes"),
    );
  });

  it('with more than 40 KB of metadata in all', async () => {
    const place = await connectToIndex({ nonFilterableMetadataKeys: ['bulk'] });

    await place.put(vector('fits', [1, 0, 0], { bulk: 'x'.repeat(40_944) }));

    await expect(place.put(vector('bad', [1, 0, 0], { bulk: 'x'.repeat(40_945) }))).rejects.toMatchObject(
      refusal('ValidationException', "Invalid record for key 'bad': Metadata object must have at most 40960 bytes"),
    );
  });

  it('with a key that is empty or longer than 1,024 characters', async () => {
    const place = await connectToIndex();

    await place.put(vector('k'.repeat(1024)));

    await expect(place.put(vector('k'.repeat(1025)))).rejects.toMatchObject(
      refusal('ValidationException', /'\/vectors\/0\/key'.*between 1 and 1024, inclusive/),
    );
    await expect(place.put(vector(''))).rejects.toMatchObject(refusal('ValidationException', /length 0 at/));
  });

  it('with half a surrogate pair anywhere', async () => {
    const place = await connectToIndex();

    await expect(place.put(vector('a', [1, 0, 0], { text: 'cut \ud83d' }))).rejects.toMatchObject(
      refusal('SerializationException'),
    );
    await place.put(vector('a', [1, 0, 0], { text: 'whole 😀' }));
  });
});

describe('a request for vectors', () => {
  const many = (count: number) => Array.from({ length: count }, (_, number) => `key-${number}`);

  it('stores 500 at most', async () => {
    const place = await connectToIndex();

    await place.put(...many(500).map((key) => vector(key)));

    await expect(place.put(...many(501).map((key) => vector(key)))).rejects.toMatchObject(
      refusal('ValidationException', /Value with length 501 at '\/vectors'.*between 1 and 500/),
    );
    await expect(place.put()).rejects.toMatchObject(refusal('ValidationException', /length 0 at '\/vectors'/));
  });

  it('gets 100 and deletes 500 at most', async () => {
    const place = await connectToIndex();

    await expect(get(place, many(101))).rejects.toMatchObject(refusal('ValidationException', /between 1 and 100/));
    await expect(place.client.send(new DeleteVectorsCommand({ ...INDEX, keys: many(501) }))).rejects.toMatchObject(
      refusal('ValidationException', /between 1 and 500/),
    );
  });

  it('is at most 20 MiB long', async () => {
    const place = await connectToIndex({ dimension: 4096, nonFilterableMetadataKeys: ['bulk'] });
    const data = Array<number>(4096).fill(0.123456789012345);

    await expect(place.put(...many(300).map((key) => vector(key, data)))).rejects.toMatchObject(
      refusal('ValidationException', 'Request body exceeds max allowed size'),
    );
  });
});

describe('the list of vectors', () => {
  const keysOf = (answer: { vectors?: { key: string | undefined }[] | undefined }) =>
    (answer.vectors ?? []).map(({ key }) => key);

  it('has every vector once, whatever the size of its pages and the number of its segments', async () => {
    const place = await connectToIndex();
    const keys = Array.from({ length: 60 }, (_, number) => `key-${number}`);
    await place.put(...keys.map((key) => vector(key)));
    const walk = async (maxResults: number, segment: object) => {
      const found: (string | undefined)[] = [];
      let nextToken: string | undefined;
      do {
        const answer = await place.client.send(new ListVectorsCommand({ ...INDEX, maxResults, nextToken, ...segment }));
        expect(keysOf(answer).length).toBeLessThanOrEqual(maxResults);
        found.push(...keysOf(answer));
        ({ nextToken } = answer);
      } while (nextToken);
      return found;
    };

    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 5, max: 70 }), fc.integer({ min: 1, max: 5 }), async (size, segmentCount) => {
        const segments = Array.from({ length: segmentCount }, (_, segmentIndex) => ({ segmentIndex, segmentCount }));
        const found = await Promise.all(segments.map((segment) => walk(size, segment)));
        expect(found.flat().sort()).toEqual([...keys].sort());
      }),
      { numRuns: 10 },
    );
    expect(await walk(100, {})).not.toEqual([...keys].sort());
  });

  it('ends a page after a megabyte, however few vectors that are', async () => {
    const place = await connectToIndex({ dimension: 1024 });
    const data = Array<number>(1024).fill(1);
    const keys = Array.from({ length: 300 }, (_, number) => `key-${number}`);
    await place.put(...keys.map((key) => vector(key, data)));

    const first = await place.client.send(new ListVectorsCommand(INDEX));

    expect(keysOf(first)).toHaveLength(255);
    expect(first.nextToken).toBeDefined();
  });

  it('takes neither a token of another list nor half a segment', async () => {
    const place = await connectToIndex();
    await place.put(vector('a'), vector('b'), vector('c'));
    const list = (input: object) => place.client.send(new ListVectorsCommand({ ...INDEX, ...input }));
    const { nextToken } = await list({ maxResults: 1 });

    for (const bad of [
      { nextToken: 'made up' },
      { nextToken, segmentCount: 2, segmentIndex: 0 },
      { segmentCount: 2 },
      { segmentIndex: 0 },
      { segmentCount: 2, segmentIndex: 2 },
      { segmentCount: 17, segmentIndex: 0 },
      { maxResults: 1001 },
    ]) {
      await expect(list(bad)).rejects.toMatchObject(refusal('ValidationException'));
    }
  });
});

function keys(count: number) {
  return Object.fromEntries(Array.from({ length: count }, (_, number) => [`k${number}`, 'v']));
}

function numbers(count: number) {
  return Object.fromEntries(Array.from({ length: count }, (_, number) => [`n${number}`, 0.1234567890123456]));
}
