import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, vi } from 'vitest';
import { SLOW_DOWN } from '../../../src/emulator/s3/contract.js';
import { BUCKET, clientOf, place } from './place.js';

const target = { Bucket: BUCKET, Key: 'key' };
const put = (client: S3Client, Body = 'hello') => client.send(new PutObjectCommand({ ...target, Body }));
const get = async (client: S3Client) => (await client.send(new GetObjectCommand(target))).Body as Readable;
const soon = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 60_000, interval: 1 });

describe('a fault', () => {
  it('meets the next requests and no others', async () => {
    const { client, s3 } = await place();
    s3.failNext(SLOW_DOWN, 2);

    for (const _ of [1, 2])
      await expect(put(client)).rejects.toMatchObject({ name: 'SlowDown', $metadata: { httpStatusCode: 503 } });
    await put(client);

    expect(s3.requests.map(({ status }) => status)).toEqual([503, 503, 200]);
  });

  it('is overcome by a client that asks again', async () => {
    const { s3 } = await place();
    s3.failNext({ kind: 'error', status: 500, code: 'InternalError' }, 2);

    await put(clientOf(s3, { maxAttempts: 3 }));

    expect(s3.objects(BUCKET).size).toBe(1);
  });

  it('meets only the requests that were meant, until it is called off', async () => {
    const { client, s3 } = await place();
    const end = s3.failNext(
      { kind: 'error', status: 403, code: 'AccessDenied' },
      Infinity,
      ({ method }) => method === 'GET',
    );

    await put(client);
    await expect(get(client)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(get(client)).rejects.toMatchObject({ name: 'AccessDenied' });
    end();

    expect(await text(await get(client))).toBe('hello');
  });

  it('loses the connection before the work, or only the answer', async () => {
    const { client, s3 } = await place();
    s3.failNext({ kind: 'reset' });
    s3.failNext({ kind: 'reset', isDone: true });

    await expect(put(client)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(s3.objects(BUCKET).size).toBe(0);
    await expect(put(client)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(s3.objects(BUCKET).size).toBe(1);
  });

  it.each([0, 3])('cuts the answer after %i bytes', async (afterBytes) => {
    const { client, s3 } = await place();
    await put(client);
    s3.failNext({ kind: 'cut', afterBytes });
    const stream = await get(client);
    const seen: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => seen.push(chunk));

    await expect(new Promise((_resolve, reject) => stream.on('error', reject))).rejects.toThrow('aborted');

    expect(Buffer.concat(seen).toString()).toBe('hello'.slice(0, afterBytes));
  });

  it('leaves the client without an answer, or without the rest of it', async () => {
    const { client, s3 } = await place({ requestHandler: { socketTimeout: 50 } });
    await put(client);
    s3.failNext({ kind: 'hang' });
    s3.failNext({ kind: 'hang', afterBytes: 2 });

    await expect(get(client)).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(buffer(await get(client))).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('lets the answer wait, and come in pieces', async () => {
    const { client, clock, s3 } = await place();
    await put(client);
    s3.failNext({ kind: 'slow', delayMs: 1000, pieceBytes: 2 });
    const body = get(client);
    const chunks: string[] = [];
    body.then(
      (stream) => stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString())),
      () => undefined,
    );

    for (const arrived of [[], ['he'], ['he', 'll']]) {
      await soon(() => clock.pendingTimers === 1 && chunks.length === arrived.length);
      expect(chunks).toEqual(arrived);
      clock.advance(1000);
    }
    await soon(() => chunks.length === 3);

    expect(chunks.join('')).toBe('hello');
    expect(clock.pendingTimers).toBe(0);
  });

  it('has no body to lose when there is none', async () => {
    const { client, s3 } = await place();
    await put(client);
    s3.failNext({ kind: 'cut', afterBytes: 1 });

    expect(await client.send(new HeadObjectCommand(target))).toMatchObject({ ContentLength: 5 });
  });
});

describe('requests', () => {
  it('are open until they are answered, and all ended with the stand-in', async () => {
    const { client, s3 } = await place();
    s3.failNext({ kind: 'hang' });

    const asked = expect(get(client)).rejects.toThrow();
    await soon(() => s3.openRequests === 1);
    await s3.close();

    await asked;
    expect(s3.openRequests).toBe(0);
  });
});
