import { ListObjectsV2Command, PutObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listObjects } from '../../../src/emulator/s3/listing.js';
import { BUCKET, place } from './place.js';

const Bucket = BUCKET;
const KEYS = ['a.txt', 'a/1', 'a/2', 'a/b/1', 'b/1', 'z & <ü>'];

async function filled() {
  const site = await place();
  for (const Key of KEYS) await site.client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  return site;
}

async function listed(client: S3Client, input: object) {
  const answer = await client.send(new ListObjectsV2Command({ Bucket, ...input }));
  return {
    ...answer,
    keys: answer.Contents?.map(({ Key }) => Key),
    folders: answer.CommonPrefixes?.map((each) => each.Prefix),
  };
}

describe('a list of objects', () => {
  it('has all in the order of their names, with their properties', async () => {
    const { client } = await filled();

    const list = await listed(client, {});

    expect(list).toMatchObject({ keys: KEYS, KeyCount: 6, MaxKeys: 1000, IsTruncated: false, Name: BUCKET });
    expect(list.Contents?.[0]).toMatchObject({
      Key: 'a.txt',
      Size: 5,
      ETag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
      LastModified: new Date(Date.UTC(2026, 0, 1)),
      ChecksumAlgorithm: ['CRC32'],
    });
  });

  it('is of what begins with a prefix, folded at the delimiter', async () => {
    const { client } = await filled();

    expect(await listed(client, { Delimiter: '/' })).toMatchObject({
      keys: ['a.txt', 'z & <ü>'],
      folders: ['a/', 'b/'],
    });
    expect(await listed(client, { Prefix: 'a/', Delimiter: '/' })).toMatchObject({
      keys: ['a/1', 'a/2'],
      folders: ['a/b/'],
      KeyCount: 3,
    });
    expect(await listed(client, { Prefix: 'none' })).toMatchObject({ keys: undefined, KeyCount: 0 });
  });

  it('begins after a key', async () => {
    const { client } = await filled();

    expect((await listed(client, { StartAfter: 'a/2' })).keys).toEqual(['a/b/1', 'b/1', 'z & <ü>']);
    expect((await listed(client, { StartAfter: 'a/2', EncodingType: 'url' })).keys?.at(-1)).toBe(
      'z%20%26%20%3C%C3%BC%3E',
    );
  });

  it('comes in pages', async () => {
    const { client, s3 } = await filled();
    const pages: unknown[] = [];

    for await (const page of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket, Delimiter: '/' }))
      pages.push([page.Contents?.map(({ Key }) => Key), page.CommonPrefixes?.map(({ Prefix }) => Prefix)]);

    expect(pages).toEqual([
      [['a.txt'], ['a/']],
      [['z & <ü>'], ['b/']],
    ]);
    expect(s3.requests.filter(({ operation }) => operation === 'ListObjectsV2')).toHaveLength(2);
  });

  it('refuses a token that it has not given, and a count that is none', async () => {
    const { client } = await filled();

    await expect(listed(client, { ContinuationToken: 'x' })).rejects.toMatchObject({ name: 'InvalidArgument' });
    await expect(listed(client, { MaxKeys: -1 })).rejects.toMatchObject({ name: 'InvalidArgument' });
    expect(await listed(client, { MaxKeys: 0 })).toMatchObject({ keys: undefined, IsTruncated: false });
  });

  it('has every key once, whatever the size of its pages', () => {
    const object = {
      body: Buffer.of(),
      contentType: '',
      etag: '',
      metadata: {},
      headers: {},
      crc32: undefined,
      lastModifiedMs: 0,
    };
    const names = fc.uniqueArray(
      fc.string({ unit: fc.constantFrom('a', 'b', '/', 'é', '😀'), minLength: 1, maxLength: 4 }),
    );

    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 4 }), fc.constantFrom('', '/'), (keys, pageSize, delimiter) => {
        const objects = new Map(keys.map((key) => [key, object]));
        const namesIn = (query: Map<string, string>) => {
          const xml = String(listObjects('bucket', objects, query).body);
          const found = [...xml.matchAll(/<(?:Contents><Key|CommonPrefixes><Prefix)>([^<]*)</g)].map(
            ([, name]) => name,
          );
          return { found, token: /<NextContinuationToken>([^<]*)</.exec(xml)?.[1] };
        };
        const query = new Map(delimiter === '' ? [] : [['delimiter', delimiter]]);
        const whole = namesIn(query).found;
        const paged: unknown[] = [];
        for (let token: string | undefined = '', count = 0; token !== undefined && count < 20; count++) {
          const page = namesIn(
            new Map([
              ...query,
              ['max-keys', String(pageSize)],
              ...(token === '' ? [] : [['continuation-token', token] as const]),
            ] as [string, string][]),
          );
          expect(page.found.length).toBeLessThanOrEqual(pageSize);
          paged.push(...page.found);
          token = page.token;
        }
        expect(paged).toEqual(whole);
        if (delimiter === '') expect(new Set(whole)).toEqual(new Set(keys));
      }),
    );
  });
});
