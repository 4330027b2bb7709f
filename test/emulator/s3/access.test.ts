import { createHash, createHmac } from 'node:crypto';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { crc32Text } from '../../../src/emulator/s3/body.js';
import type { S3Emulator } from '../../../src/emulator/s3/contract.js';
import { BUCKET, clientOf, place } from './place.js';

class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash('sha256')
        : createHmac('sha256', typeof secret === 'string' ? secret : Buffer.from(bytesOf(secret)));
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

function bytesOf(source: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

/** Sends a signed request as it is, byte for byte, and reads the error document. */
async function send(
  s3: S3Emulator,
  {
    headers = {},
    body = '',
    path = `/${BUCKET}/key`,
  }: { headers?: Record<string, string>; body?: string | Buffer; path?: string },
): Promise<{ status: number | undefined; code: string | undefined }> {
  const { hostname, port, host } = new URL(s3.url);
  const signer = new SignatureV4({
    credentials: s3.credentials,
    region: s3.region,
    service: 's3',
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: true,
  });
  const signed = await signer.sign({
    method: 'PUT',
    protocol: 'http:',
    hostname,
    port: Number(port),
    path,
    headers: { host, ...headers },
    body,
  });
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, path, method: 'PUT', headers: signed.headers }, (answer) => {
      text(answer).then((xml) => {
        const document = new XMLParser().parse(xml) as { Error?: { Code?: string } };
        resolve({ status: answer.statusCode, code: document.Error?.Code });
      }, reject);
    });
    outgoing.on('error', reject).end(body);
  });
}

const trailed = (decodedLength: number, more: Record<string, string> = {}) => ({
  'content-encoding': 'aws-chunked',
  'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'x-amz-decoded-content-length': String(decodedLength),
  'x-amz-trailer': 'x-amz-checksum-crc32',
  ...more,
});
const HELLO = `5\r\nhello\r\n0\r\nx-amz-checksum-crc32:${crc32Text(Buffer.from('hello'))}\r\n\r\n`;

describe('a signature', () => {
  it.each([
    ['another secret', { secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch', 403],
    ['another key', { accessKeyId: 'AKIDOTHER' }, 'InvalidAccessKeyId', 403],
    ['a token too many', { sessionToken: 'token' }, 'InvalidToken', 400],
  ])('with %s is refused', async (_what, change, name, httpStatusCode) => {
    const { s3 } = await place();
    const client = clientOf(s3, { credentials: { ...s3.credentials, ...change } });

    await expect(client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'key' }))).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode },
    });
  });

  it('for another region is refused, and the right one named', async () => {
    const { s3 } = await place();
    const client = clientOf(s3, { region: 'eu-north-1' });

    await expect(client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'key' }))).rejects.toMatchObject({
      name: 'AuthorizationHeaderMalformed',
      Region: 'us-east-1',
    });
  });

  it('must be there', async () => {
    const { s3 } = await place();

    const answer = await fetch(`${s3.url}/${BUCKET}/key`);

    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('<Code>AccessDenied</Code>');
  });

  it('covers the path and the query as they are sent', async () => {
    const { s3 } = await place();

    expect(await send(s3, { path: `/${BUCKET}/a%20b%2Bc/%C3%BC` })).toEqual({ status: 200, code: undefined });
    expect([...s3.objects(BUCKET).keys()]).toEqual(['a b+c/ü']);
  });
});

describe('a body', () => {
  it('in pieces is taken apart, with or without a checksum behind it', async () => {
    const { s3 } = await place();

    expect(await send(s3, { headers: trailed(5), body: HELLO })).toMatchObject({ status: 200 });
    const { 'x-amz-trailer': _none, ...bare } = trailed(6);
    expect(await send(s3, { headers: bare, body: '3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n' })).toMatchObject({ status: 200 });
    expect(s3.objects(BUCKET).get('key')?.body.toString()).toBe('abcdef');
  });

  it.each([
    [
      'a wrong checksum behind it',
      { headers: trailed(5), body: HELLO.replace('NhCmhg==', 'AAAAAA==') },
      400,
      'BadDigest',
    ],
    [
      'no checksum where it promised one',
      { headers: trailed(5), body: '5\r\nhello\r\n0\r\n\r\n' },
      400,
      'MalformedTrailerError',
    ],
    ['another length than it says', { headers: trailed(6), body: HELLO }, 400, 'IncompleteBody'],
    ['a piece that is cut off', { headers: trailed(5), body: '5\r\nhel' }, 400, 'IncompleteBody'],
    ['no last piece', { headers: trailed(5), body: '5\r\nhello\r\n' }, 400, 'IncompleteBody'],
    ['a piece longer than it says', { headers: trailed(5), body: '4\r\nhello\r\n0\r\n\r\n' }, 400, 'InvalidRequest'],
    ['a length that is none', { headers: trailed(5), body: 'x\r\nhello\r\n0\r\n\r\n' }, 400, 'InvalidRequest'],
    ['something behind its end', { headers: trailed(5), body: `${HELLO}more` }, 400, 'InvalidRequest'],
    ['a wrong checksum', { headers: { 'x-amz-checksum-crc32': 'AAAAAA==' }, body: 'hello' }, 400, 'BadDigest'],
    ['a checksum that is none', { headers: { 'x-amz-checksum-crc32': 'x' }, body: 'hello' }, 400, 'InvalidRequest'],
    [
      'another hash than was signed',
      { headers: { 'x-amz-content-sha256': '0'.repeat(64) }, body: 'hello' },
      400,
      'XAmzContentSHA256Mismatch',
    ],
    [
      'no length',
      { headers: { 'transfer-encoding': 'chunked', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }, body: 'hello' },
      411,
      'MissingContentLength',
    ],
    [
      'signed pieces',
      { headers: { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }, body: HELLO },
      501,
      'NotImplemented',
    ],
  ])('with %s is refused, and nothing is kept', async (_what, input, status, code) => {
    const { s3 } = await place();

    expect(await send(s3, input)).toEqual({ status, code });
    expect(s3.objects(BUCKET).size).toBe(0);
  });

  it('that was changed on its way to S3 is refused', async () => {
    const { s3, client } = await place();
    const wrong = new PutObjectCommand({ Bucket: BUCKET, Key: 'key', Body: 'hello', ChecksumCRC32: 'AAAAAA==' });

    await expect(client.send(wrong)).rejects.toMatchObject({ name: 'BadDigest' });
    expect(s3.objects(BUCKET).size).toBe(0);
  });
});
