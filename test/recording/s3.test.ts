import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SLOW_DOWN } from '../../src/emulator/s3/contract.js';
import { s3Shelf } from '../../src/recording/s3.js';
import { CLOSE_LIMIT_MS } from '../../src/recording/spooled-store.js';
import { BUCKET, bytesOf, CALL, onS3, recorded, runsOf, settled, temporaryDirectory, until } from './places.js';

/** How long S3 may be silent in tests in which it is. */
const SILENCE_LIMIT_MS = 150;

const KEY = `of/ours/${CALL}.wav`;

describe('a recording on S3', () => {
  it('is an object below the prefix, with its type and a checksum', async () => {
    const { open, s3 } = await onS3();
    await (await recorded(await open(), 0, 400, 5)).close();

    expect([...s3.objects(BUCKET).keys()]).toEqual([KEY]);
    expect(s3.objects(BUCKET).get(KEY)).toMatchObject({ contentType: 'audio/wav', crc32: expect.any(String) });
    expect(s3.requests.map(({ operation }) => operation)).toEqual(['PutObject']);
  });

  it.each([
    ['that wants fewer requests', SLOW_DOWN],
    ['that has a fault', { kind: 'error', status: 500, code: 'InternalError' }],
    ['that lacks a right for a while', { kind: 'error', status: 403, code: 'AccessDenied' }],
    ['that loses the connection', { kind: 'reset' }],
    ['that does not answer', { kind: 'hang' }],
  ] as const)('comes to one %s, and nothing is written to the console', async (_what, fault) => {
    const { open, s3, kept, clock, spool } = await onS3(SILENCE_LIMIT_MS);
    const words = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')];
    onTestFinished(() => void vi.restoreAllMocks());
    const store = await open();
    s3.failNext(fault, 2);

    const closed = (await recorded(store, 0, 400, 5)).close();

    expect(await settled(clock, closed)).toEqual({ byteLength: 1644 });
    expect(runsOf((await kept(CALL))!)).toEqual([[5, 400]]);
    expect(await spool()).toEqual([]);
    for (const spy of words) expect(spy).not.toHaveBeenCalled();
  });

  it('is the same when it arrived and only the answer was lost', async () => {
    const { open, s3, kept, clock } = await onS3();
    const store = await open();
    s3.failNext({ kind: 'reset', isDone: true });

    const closed = (await recorded(store, 0, 400, 5)).close();

    expect(await settled(clock, closed)).toEqual({ byteLength: 1644 });
    expect(runsOf((await kept(CALL))!)).toEqual([[5, 400]]);
  });

  it.each([
    ['is cut off', { kind: 'cut', afterBytes: 300 }],
    ['does not go on', { kind: 'hang', afterBytes: 300 }],
    ['is refused', SLOW_DOWN],
  ] as const)('is joined once more when what is there of it %s while it is read', async (_what, fault) => {
    const { open, s3, kept, clock } = await onS3(SILENCE_LIMIT_MS);
    const store = await open();
    await settled(clock, (await recorded(store, 0, 400, 1)).close());
    s3.failNext(fault, 3, ({ operation }) => operation === 'GetObject');

    const closed = (await recorded(store, 600, 400, 2)).close();

    expect(await settled(clock, closed)).toEqual({ byteLength: 44 + 1000 * 4 });
    expect(runsOf((await kept(CALL))!)).toEqual([
      [1, 400],
      [0, 200],
      [2, 400],
    ]);
  });

  it('is replaced only by those who have joined what is there', async () => {
    const { open, s3 } = await onS3();
    const store = await open();
    await (await recorded(store, 0, 400, 1)).close();
    const { etag } = s3.objects(BUCKET).get(KEY)!;
    await (await recorded(store, 600, 400, 2)).close();

    const puts = s3.requests.filter(({ operation }) => operation === 'PutObject');
    expect(puts.map(({ headers, status }) => [headers['if-none-match'] ?? headers['if-match'], status])).toEqual([
      ['*', 200],
      ['*', 412],
      [etag, 200],
    ]);
  });

  it('ends with an error, and not as if it were whole, when it is cut while somebody reads it', async () => {
    const { open, s3 } = await onS3();
    const store = await open();
    await (await recorded(store, 0, 400, 1)).close();
    s3.failNext({ kind: 'cut', afterBytes: 300 });

    const opened = await store.open(CALL);
    // Nobody reads it yet when it is cut.
    await until(() => opened?.stream.destroyed === true);

    await expect(bytesOf(opened)).rejects.toThrow('aborted');
  });

  it('cannot be read while S3 does not answer, which is said after some time', async () => {
    const { open, s3, clock } = await onS3(SILENCE_LIMIT_MS);
    const store = await open();
    await settled(clock, (await recorded(store, 0, 400, 1)).close());
    s3.failNext({ kind: 'hang' }, Number.POSITIVE_INFINITY);
    const startMs = performance.now();

    await expect(store.open(CALL)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });

    expect(performance.now() - startMs).toBeGreaterThan(SILENCE_LIMIT_MS * 2);
  });

  it.each([
    ['an answer', { kind: 'hang' }, 0],
    ['the rest of what it joins', { kind: 'hang', afterBytes: 300 }, 400],
  ] as const)('does not let the process wait for %s longer than its limit', async (_what, fault, atPair) => {
    const { open, s3, clock, spool } = await onS3();
    const store = await open();
    if (atPair > 0) await (await recorded(store, 0, 400, 1)).close();
    const operation = atPair > 0 ? 'GetObject' : 'PutObject';
    s3.failNext(fault, Number.POSITIVE_INFINITY, (request) => request.operation === operation);
    const closed = (await recorded(store, atPair, 400, 5)).close();
    const endless = store.create('CA-endless');
    await until(() => s3.openRequests === 1 && s3.requests.at(-1)?.operation === operation);

    const ended = store.close();
    clock.advance(CLOSE_LIMIT_MS);
    await ended;

    expect(await closed).toBeUndefined();
    expect(await spool()).toHaveLength(1);
    await until(() => s3.openRequests === 0);
    await endless.close();
  });

  it('is refused by a disk that cannot be read without any harm to the rest of the process', async () => {
    const { s3 } = await onS3();
    const { url: endpoint, region, credentials } = s3;
    const shelf = s3Shelf({ bucket: BUCKET, prefix: '', endpoint, region, credentials });
    onTestFinished(() => shelf.close());

    const put = shelf.put(CALL, await temporaryDirectory(), new AbortController().signal);

    await expect(put).rejects.toMatchObject({ code: 'EISDIR' });
    await until(() => s3.openRequests === 0);
    expect(s3.objects(BUCKET).size).toBe(0);
  });

  it('is kept for a bucket that is made later', async () => {
    const { open, s3, clock, kept } = await onS3();
    const store = await open();
    const end = s3.failNext({ kind: 'error', status: 404, code: 'NoSuchBucket' }, Number.POSITIVE_INFINITY);
    const closed = (await recorded(store, 0, 400, 5)).close();
    await until(() => clock.pendingTimers === 1);
    await expect(store.open(`CA${'9'.repeat(32)}`)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });

    end();
    clock.advance(1000);

    expect(await closed).toEqual({ byteLength: 1644 });
    expect(await kept(CALL)).toHaveLength(1644);
  });
});
