import {
  CreateIndexCommand,
  type CreateIndexCommandInput,
  CreateVectorBucketCommand,
  DeleteIndexCommand,
  DeleteVectorBucketCommand,
  GetIndexCommand,
  GetVectorBucketCommand,
  ListIndexesCommand,
  ListVectorBucketsCommand,
} from '@aws-sdk/client-s3vectors';
import { describe, expect, it } from 'vitest';
import { BUCKET, connect, connectToIndex, INDEX, refusal } from './place.js';

const SETTINGS: CreateIndexCommandInput = {
  ...INDEX,
  indexName: 'another',
  dataType: 'float32',
  dimension: 3,
  distanceMetric: 'cosine',
};

describe('a vector bucket', () => {
  it('has a name of its own, an ARN and its time of creation', async () => {
    const { client, clock } = await connect();
    clock.advance(5000);

    const { vectorBucketArn } = await client.send(new CreateVectorBucketCommand({ vectorBucketName: BUCKET }));
    const { vectorBucket } = await client.send(new GetVectorBucketCommand({ vectorBucketArn: vectorBucketArn! }));

    expect(vectorBucketArn).toBe('arn:aws:s3vectors:us-east-1:123456789012:bucket/documents');
    expect(vectorBucket).toEqual({
      vectorBucketName: BUCKET,
      vectorBucketArn,
      creationTime: new Date('2026-01-01T00:00:05Z'),
      encryptionConfiguration: { sseType: 'AES256' },
    });
    await expect(client.send(new CreateVectorBucketCommand({ vectorBucketName: BUCKET }))).rejects.toMatchObject(
      refusal('ConflictException', 'A vector bucket with the specified name already exists'),
    );
  });

  it.each([
    ['ab', /Value with length 2 at '\/vectorBucketName'.*length between 3 and 63/],
    ['b'.repeat(64), /Value with length 64/],
    ['Documents', 'Invalid vector bucket name'],
    ['docu_ments', 'Invalid vector bucket name'],
    ['docu.ments', 'Invalid vector bucket name'],
    ['-documents', 'Invalid vector bucket name'],
    ['documents-', 'Invalid vector bucket name'],
  ])('cannot be called %s', async (vectorBucketName, message) => {
    const { client } = await connect();

    await expect(client.send(new CreateVectorBucketCommand({ vectorBucketName }))).rejects.toMatchObject(
      refusal('ValidationException', message),
    );
  });

  it('is deleted only when it is empty', async () => {
    const { client } = await connectToIndex();
    const remove = () => client.send(new DeleteVectorBucketCommand({ vectorBucketName: BUCKET }));

    await expect(remove()).rejects.toMatchObject(
      refusal('ConflictException', 'The specified vector bucket is not empty'),
    );
    await client.send(new DeleteIndexCommand(INDEX));
    await remove();

    await expect(remove()).rejects.toMatchObject(
      refusal('NotFoundException', 'The specified vector bucket could not be found'),
    );
  });

  it('is addressed by its name or its ARN, not by both and not by neither', async () => {
    const { client, server } = await connectToIndex();
    const vectorBucketArn = `arn:aws:s3vectors:us-east-1:123456789012:bucket/${BUCKET}`;
    const elsewhere = vectorBucketArn.replace('us-east-1', 'eu-west-1');
    const get = (input: object) =>
      client.send(new GetVectorBucketCommand(input)).catch((error: Error) => error.message);

    expect(await get({ vectorBucketName: BUCKET, vectorBucketArn })).toMatch(/not both/);
    expect(await get({})).toMatch(/not both/);
    expect(await get({ vectorBucketArn: elsewhere })).toMatch(/could not be found/);
    expect(await get({ vectorBucketArn: 'documents' })).toBe('Invalid ARN');
    expect(server.requests.map(({ status }) => status)).toEqual([200, 200, 400, 400, 404, 400]);
  });

  it('is listed by name, page by page, within a prefix', async () => {
    const { client } = await connect();
    for (const vectorBucketName of ['b-two', 'a-one', 'b-one', 'b-three']) {
      await client.send(new CreateVectorBucketCommand({ vectorBucketName }));
    }
    const list = (input: { nextToken?: string; prefix?: string } = {}) =>
      client.send(new ListVectorBucketsCommand({ prefix: 'b-', maxResults: 2, ...input }));

    const first = await list();
    const second = await list({ nextToken: first.nextToken! });

    expect(first.vectorBuckets?.map(({ vectorBucketName }) => vectorBucketName)).toEqual(['b-one', 'b-three']);
    expect(second.vectorBuckets?.map(({ vectorBucketName }) => vectorBucketName)).toEqual(['b-two']);
    expect(second.nextToken).toBeUndefined();
    await expect(list({ nextToken: first.nextToken!, prefix: 'a-' })).rejects.toMatchObject(
      refusal('ValidationException', 'Invalid nextToken'),
    );
    await expect(client.send(new ListVectorBucketsCommand({ maxResults: 501 }))).rejects.toMatchObject(
      refusal('ValidationException', /between 1 and 500, inclusive/),
    );
  });
});

describe('a vector index', () => {
  it('keeps what it was created with', async () => {
    const { client, indexArn } = await connectToIndex({ nonFilterableMetadataKeys: ['AMAZON_BEDROCK_TEXT'] });

    const { index } = await client.send(new GetIndexCommand({ indexArn }));

    expect(indexArn).toBe('arn:aws:s3vectors:us-east-1:123456789012:bucket/documents/index/orders.v1');
    expect(index).toEqual({
      ...INDEX,
      indexArn,
      creationTime: new Date('2026-01-01T00:00:00Z'),
      dataType: 'float32',
      dimension: 3,
      distanceMetric: 'cosine',
      metadataConfiguration: { nonFilterableMetadataKeys: ['AMAZON_BEDROCK_TEXT'] },
      encryptionConfiguration: { sseType: 'AES256' },
    });
  });

  it('cannot be changed: creating it again is a conflict', async () => {
    const { client } = await connectToIndex();

    await expect(client.send(new CreateIndexCommand({ ...SETTINGS, ...INDEX, dimension: 4 }))).rejects.toMatchObject(
      refusal('ConflictException', 'An index with the specified name already exists'),
    );
  });

  it.each<[string, Partial<CreateIndexCommandInput>, string | RegExp]>([
    ['4097 dimensions', { dimension: 4097 }, /Value at '\/dimension'.*between 1 and 4096, inclusive/],
    ['no dimension', { dimension: 0 }, /between 1 and 4096/],
    ['an unknown metric', { distanceMetric: 'dot' as 'cosine' }, /enum value set: \[euclidean, cosine\]/],
    ['an unknown type', { dataType: 'int8' as 'float32' }, /enum value set: \[float32\]/],
    ['a short name', { indexName: 'ab' }, /Value with length 2 at '\/indexName'/],
    ['capitals in its name', { indexName: 'Orders' }, 'Invalid index name'],
    ['a dot at its end', { indexName: 'orders.' }, 'Invalid index name'],
    ['eleven non-filterable keys', nonFilterable(Array.from({ length: 11 }, (_, n) => `key-${n}`)), /length 11 at/],
    ['a long non-filterable key', nonFilterable(['k'.repeat(64)]), /between 1 and 63, inclusive/],
    ['an empty list of keys', nonFilterable([]), /length 0 at '\/metadataConfiguration\/nonFilterableMetadataKeys'/],
  ])('is not created with %s', async (_, change, message) => {
    const { client } = await connectToIndex();

    await expect(client.send(new CreateIndexCommand({ ...SETTINGS, ...change }))).rejects.toMatchObject(
      refusal('ValidationException', message),
    );
  });

  it('tells everything that is wrong with its settings at once', async () => {
    const { client } = await connectToIndex();

    await expect(
      client.send(new CreateIndexCommand({ ...SETTINGS, indexName: 'a', dimension: 5000 })),
    ).rejects.toMatchObject({
      ...refusal('ValidationException', /^2 validation errors detected\. Value with length 1 at.*; Value at/),
      fieldList: [
        { path: '/indexName', message: expect.stringContaining('between 3 and 63') as string },
        { path: '/dimension', message: expect.stringContaining('between 1 and 4096') as string },
      ],
    });
  });

  it('needs its bucket first', async () => {
    const { client } = await connect();

    await expect(client.send(new CreateIndexCommand(SETTINGS))).rejects.toMatchObject(
      refusal('NotFoundException', 'The specified vector bucket could not be found'),
    );
  });

  it.each([
    [{ vectorBucketName: BUCKET }],
    [{ indexName: INDEX.indexName }],
    [{}],
    [{ ...INDEX, indexArn: 'arn:aws:s3vectors:us-east-1:123456789012:bucket/documents/index/orders.v1' }],
  ])('is not found by %j alone', async (address) => {
    const { client } = await connectToIndex();

    await expect(client.send(new GetIndexCommand(address))).rejects.toMatchObject(
      refusal('ValidationException', 'Must specify either indexArn or both vectorBucketName and indexName'),
    );
  });

  it('is gone after it was deleted, which succeeds once', async () => {
    const { client } = await connectToIndex();
    const gone = refusal('NotFoundException', 'The specified index could not be found');

    await client.send(new DeleteIndexCommand(INDEX));

    await expect(client.send(new GetIndexCommand(INDEX))).rejects.toMatchObject(gone);
    await expect(client.send(new DeleteIndexCommand(INDEX))).rejects.toMatchObject(gone);
  });

  it('is listed in its bucket, page by page', async () => {
    const { client } = await connectToIndex();
    await client.send(new CreateIndexCommand(SETTINGS));
    const list = (nextToken?: string) =>
      client.send(new ListIndexesCommand({ vectorBucketName: BUCKET, maxResults: 1, nextToken }));

    const first = await list();
    const second = await list(first.nextToken);

    expect([first, second].map(({ indexes }) => indexes?.map(({ indexName }) => indexName))).toEqual([
      ['another'],
      ['orders.v1'],
    ]);
    expect(second.nextToken).toBeUndefined();
    await expect(client.send(new ListIndexesCommand({ vectorBucketName: 'others' }))).rejects.toMatchObject(
      refusal('NotFoundException', 'The specified vector bucket could not be found'),
    );
  });
});

function nonFilterable(nonFilterableMetadataKeys: string[]): Partial<CreateIndexCommandInput> {
  return { metadataConfiguration: { nonFilterableMetadataKeys } };
}
