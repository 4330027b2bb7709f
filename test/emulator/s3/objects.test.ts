import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { BUCKET, place } from './place.js';

const Bucket = BUCKET;
const put = (client: S3Client, Key: string, Body: string, more: object = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = async (client: S3Client, Key: string, more: object = {}) => {
  const answer = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return { ...answer, text: await answer.Body?.transformToString() };
};

describe('an object', () => {
  it('is given back with what came with it', async () => {
    const { client, s3 } = await place();
    const written = await put(client, 'a b/ü+é&=.txt', 'hello', {
      ContentType: 'text/plain',
      CacheControl: 'no-store',
      Metadata: { origin: 'test' },
    });

    const read = await get(client, 'a b/ü+é&=.txt');

    expect(read).toMatchObject({
      text: 'hello',
      ContentType: 'text/plain',
      ContentLength: 5,
      CacheControl: 'no-store',
      Metadata: { origin: 'test' },
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
      ChecksumCRC32: 'NhCmhg==',
      LastModified: new Date(Date.UTC(2026, 0, 1)),
    });
    expect(written).toMatchObject({ ETag: read.ETag, ChecksumCRC32: 'NhCmhg==' });
    expect([...s3.objects(BUCKET).keys()]).toEqual(['a b/ü+é&=.txt']);
  });

  it('comes as a stream in pieces, with its checksum behind it', async () => {
    const { client, s3 } = await place();
    const pieces = ['one ', 'two ', 'three'].map((piece) => Buffer.from(piece));

    await client.send(new PutObjectCommand({ Bucket, Key: 'stream', Body: Readable.from(pieces), ContentLength: 13 }));

    expect(s3.objects(BUCKET).get('stream')).toMatchObject({
      body: Buffer.from('one two three'),
      crc32: expect.any(String),
      headers: {},
    });
    expect(s3.requests[0]?.headers['x-amz-content-sha256']).toBe('STREAMING-UNSIGNED-PAYLOAD-TRAILER');
  });

  it('of some megabytes is sent when S3 says that it may come', async () => {
    const { client, s3 } = await place();
    const Body = Buffer.alloc(3_000_000, 7);

    await client.send(new PutObjectCommand({ Bucket, Key: 'large', Body }));

    expect(s3.requests[0]?.headers.expect).toBe('100-continue');
    expect(s3.objects(BUCKET).get('large')?.body.equals(Body)).toBe(true);
  });

  it('comes without a checksum when the client has none', async () => {
    const { client, s3 } = await place({ requestChecksumCalculation: 'WHEN_REQUIRED' });

    await put(client, 'plain', 'hello');
    const stream = Readable.from([Buffer.from('hello')]);
    await client.send(new PutObjectCommand({ Bucket, Key: 'stream', Body: stream, ContentLength: 5 }));

    expect(s3.objects(BUCKET).get('plain')?.crc32).toBeUndefined();
    expect(s3.objects(BUCKET).get('stream')?.body.toString()).toBe('hello');
    expect(s3.requests[1]?.headers['x-amz-content-sha256']).toBe('UNSIGNED-PAYLOAD');
  });

  it('is looked at, and removed, whether it is there or not', async () => {
    const { client } = await place();
    await put(client, 'key', 'hello');

    expect(await client.send(new HeadObjectCommand({ Bucket, Key: 'key' }))).toMatchObject({ ContentLength: 5 });
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'key' }));
    const again = await client.send(new DeleteObjectCommand({ Bucket, Key: 'key' }));

    expect(again.$metadata.httpStatusCode).toBe(204);
    await expect(client.send(new HeadObjectCommand({ Bucket, Key: 'key' }))).rejects.toMatchObject({
      name: 'NotFound',
      $metadata: { httpStatusCode: 404 },
    });
    await expect(get(client, 'key')).rejects.toMatchObject({ name: 'NoSuchKey', Key: 'key' });
  });

  it('is copied, with what came with it or with something else', async () => {
    const { client, s3 } = await place();
    await put(client, 'a b', 'hello', { ContentType: 'text/plain', Metadata: { origin: 'test' } });

    const CopySource = `${BUCKET}/a%20b`;
    await client.send(new CopyObjectCommand({ Bucket, Key: 'same', CopySource }));
    const copied = await client.send(
      new CopyObjectCommand({ Bucket, Key: 'other', CopySource, MetadataDirective: 'REPLACE', ContentType: 'a/b' }),
    );

    expect(s3.objects(BUCKET).get('same')).toMatchObject({ contentType: 'text/plain', metadata: { origin: 'test' } });
    expect(s3.objects(BUCKET).get('other')).toMatchObject({ contentType: 'a/b', metadata: {} });
    expect(copied.CopyObjectResult?.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    const missing = new CopyObjectCommand({ Bucket, Key: 'x', CopySource: `${BUCKET}/no` });
    await expect(client.send(missing)).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('conditions', () => {
  it('let only one writer create an object', async () => {
    const { client, s3 } = await place();

    const writers = await Promise.allSettled(
      ['a', 'b', 'c'].map((text) => put(client, 'key', text, { IfNoneMatch: '*' })),
    );

    expect(writers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(writers.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { name: 'PreconditionFailed', Condition: 'If-None-Match', $metadata: { httpStatusCode: 412 } },
    });
    expect(s3.objects(BUCKET).get('key')?.body).toHaveLength(1);
  });

  it('let an object be replaced only by those who know it', async () => {
    const { client } = await place();
    const first = await put(client, 'key', 'one');
    await put(client, 'key', 'two', { IfMatch: first.ETag });

    await expect(put(client, 'key', 'three', { IfMatch: first.ETag })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    await expect(put(client, 'none', 'three', { IfMatch: first.ETag })).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect((await get(client, 'key')).text).toBe('two');
  });

  it('spare a reader what it has', async () => {
    const { client } = await place();
    const { ETag } = await put(client, 'key', 'one');

    await expect(get(client, 'key', { IfNoneMatch: ETag })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    expect((await get(client, 'key', { IfNoneMatch: '"other"' })).text).toBe('one');
    await expect(get(client, 'key', { IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });
});

describe('a range', () => {
  it.each([
    ['bytes=2-4', 'cde', 'bytes 2-4/10'],
    ['bytes=7-', 'hij', 'bytes 7-9/10'],
    ['bytes=-4', 'ghij', 'bytes 6-9/10'],
    ['bytes=-40', 'abcdefghij', 'bytes 0-9/10'],
    ['bytes=8-99', 'ij', 'bytes 8-9/10'],
  ])('%s is a part', async (Range, part, ContentRange) => {
    const { client } = await place();
    await put(client, 'key', 'abcdefghij');

    const read = await get(client, 'key', { Range });

    expect(read).toMatchObject({ text: part, ContentRange, ContentLength: part.length });
    expect(read.ChecksumCRC32).toBeUndefined();
    expect(read.$metadata.httpStatusCode).toBe(206);
  });

  it.each(['bytes=4-2', 'bytes=0-1,4-5', 'lines=1-2', 'bytes=-'])('%s is nothing that S3 knows', async (Range) => {
    const { client } = await place();
    await put(client, 'key', 'abcdefghij');

    expect(await get(client, 'key', { Range })).toMatchObject({
      text: 'abcdefghij',
      $metadata: { httpStatusCode: 200 },
    });
  });

  it.each(['bytes=10-', 'bytes=99-100', 'bytes=-0'])('%s lies beyond the end', async (Range) => {
    const { client } = await place();
    await put(client, 'key', 'abcdefghij');

    await expect(get(client, 'key', { Range })).rejects.toMatchObject({
      name: 'InvalidRange',
      ActualObjectSize: '10',
      $metadata: { httpStatusCode: 416 },
    });
  });
});

describe('the stand-in', () => {
  it('knows its buckets', async () => {
    const { client, s3 } = await place();

    await client.send(new HeadBucketCommand({ Bucket }));
    const other = new PutObjectCommand({ Bucket: 'other', Key: 'key', Body: 'x' });
    await expect(client.send(other)).rejects.toMatchObject({ name: 'NoSuchBucket', BucketName: 'other' });
    expect(() => s3.objects('other')).toThrow('does not exist');
  });

  it('refuses keys that are too long, and what it does not know', async () => {
    const { client } = await place();

    await expect(put(client, 'é'.repeat(513), 'x')).rejects.toMatchObject({ name: 'KeyTooLongError' });
    await expect(get(client, 'key', { VersionId: '1' })).rejects.toMatchObject({ name: 'NotImplemented' });
    await expect(put(client, 'key', 'x', { ChecksumSHA256: 'x' })).rejects.toMatchObject({ name: 'NotImplemented' });
  });

  it('escapes what it repeats in an error', async () => {
    const { client, s3 } = await place();

    await expect(get(client, '<a>&"\'')).rejects.toMatchObject({ name: 'NoSuchKey', Key: '<a>&"\'' });
    expect(s3.requests[0]).toMatchObject({ operation: 'GetObject', key: '<a>&"\'', status: 404 });
  });

  it('notices a body that was changed on its way to the client', async () => {
    const { client, s3 } = await place();
    await put(client, 'key', 'hello');
    s3.objects(BUCKET).get('key')?.body.write('j');

    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'key' }));

    await expect(text(Body as Readable)).rejects.toThrow('Checksum mismatch');
  });
});
