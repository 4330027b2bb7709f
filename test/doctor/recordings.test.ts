import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { recordingsCheck } from '../../src/doctor/recordings.js';
import { findingOf, installation, temporaryDirectory } from './rig.js';

describe('the place of recordings', () => {
  let server: Server | undefined;
  const asked: string[] = [];
  afterEach(() => {
    server?.close();
    asked.length = 0;
  });

  /** A bucket that answers to a list and to a look at an object. */
  const look = async (answers: {
    DATA_DIR?: string;
    list?: [number, string?, Record<string, string>?];
    head?: number;
  }) => {
    const { list = [200, '<ListBucketResult></ListBucketResult>'], head = 404 } = answers;
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (request.method === 'HEAD') response.writeHead(head).end();
      else response.writeHead(list[0], { 'Content-Type': 'application/xml', ...list[2] }).end(list[1]);
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
    const place = installation(
      { RECORDINGS_URL: 's3://calls/of/ours/', ...(answers.DATA_DIR && { DATA_DIR: answers.DATA_DIR }) },
      { s3: { endpoint, region: 'us-east-1', credentials } },
    );
    return findingOf(recordingsCheck(place));
  };
  const refusal = (code: string) => `<Error><Code>${code}</Code><Message>words of S3</Message></Error>`;

  it('is a directory that can be written, or made', async () => {
    const directory = await temporaryDirectory();

    const there = await findingOf(recordingsCheck(installation({ RECORDINGS_URL: directory.path })));
    const below = await findingOf(recordingsCheck(installation({ DATA_DIR: join(directory.path, 'data') })));

    expect(there).toMatchObject({ says: expect.stringContaining(`${directory.path} can be written`) });
    expect(below).toMatchObject({ says: expect.stringContaining('data/recordings can be made') });
    await directory.remove();
  });

  it('is a bucket that is listed and read, and never written', async () => {
    const finding = await look({});

    expect(finding).toMatchObject({
      state: 'ok',
      says: expect.stringContaining('s3://calls/of/ours/ can be listed and read'),
    });
    expect(asked.map((request) => request.split(' ')[0])).toEqual(['GET', 'HEAD']);
    expect(asked[0]).toContain('max-keys=1');
  });

  it.each([
    ['no bucket', { list: [404, refusal('NoSuchBucket')] }, 'there is no bucket calls', 'RECORDINGS_URL'],
    [
      'no right to list',
      { list: [403, refusal('AccessDenied')] },
      'may not list',
      's3:ListBucket on arn:aws:s3:::calls',
    ],
    ['no right to read', { head: 403 }, 'may not read', 's3:GetObject on arn:aws:s3:::calls/of/ours/*'],
    [
      'another region',
      { list: [301, refusal('PermanentRedirect'), { 'x-amz-bucket-region': 'eu-north-1' }] },
      'is in eu-north-1',
      'AWS_REGION=eu-north-1',
    ],
    [
      'a strange key',
      { list: [403, refusal('InvalidAccessKeyId')] },
      'does not know this access key',
      'deleted or mistyped',
    ],
    ['an expired token', { list: [400, refusal('ExpiredToken')] }, 'have expired', 'Renew'],
    ['a skewed clock', { list: [403, refusal('RequestTimeTooSkewed')] }, 'the time in the signature', 'NTP'],
    ['something new', { list: [418, refusal('Teapot')] }, 'Teapot: words of S3', 'AWS_ENDPOINT_URL_S3'],
  ] as const)('is a bucket with trouble: %s', async (_name, answers, words, advice) => {
    const finding = await look(answers as Parameters<typeof look>[0]);

    expect(finding.state).toBe('failed');
    expect(finding.says).toContain(words);
    expect(finding.advice).toContain(advice);
  });

  it('is also the disk, as long as a call lasts', async () => {
    const finding = await look({ DATA_DIR: import.meta.filename });

    expect(finding).toMatchObject({ state: 'failed', says: expect.stringContaining('while a call lasts') });
    expect(asked).toEqual([]);
  });
});
