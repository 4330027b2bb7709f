import { describe, expect, it } from 'vitest';
import { type S3Fault, SLOW_DOWN } from '../../src/emulator/s3/contract.js';
import { createLog } from '../../src/log.js';
import { createRecordings } from '../../src/recording/recordings.js';
import { BUCKET, onS3, settled, until } from './places.js';

const CALLS = Array.from({ length: 6 }, (_, call) => `CA${String(call).repeat(32)}`);
const frame = new Uint8Array(160).fill(0x10);

async function place() {
  const site = await onS3();
  const states = new Map<string, string>();
  const begin = async () => {
    const recordings = createRecordings({
      store: await site.open(),
      clock: site.clock,
      log: createLog('silent'),
      changed: (callSid, { state }) => states.set(callSid, state),
    });
    return recordings;
  };
  /** A second of every call. */
  const recordAll = (recordings: Awaited<ReturnType<typeof begin>>) => {
    const recorders = CALLS.map((callSid) => recordings.start(callSid, { startMs: 0 }));
    for (let atMs = 0; atMs < 1000; atMs += 20) {
      for (const recorder of recorders) recorder.caller(frame, atMs, site.clock.now());
      site.clock.advance(20);
    }
    for (const recorder of recorders) recorder.close();
    return Promise.all(recorders.map(({ ended }) => ended));
  };
  return { ...site, states, begin, recordAll };
}

describe.each<[string, S3Fault]>([
  ['loses every connection', { kind: 'reset' }],
  ['is overloaded (503)', SLOW_DOWN],
  ['refuses the credentials (403)', { kind: 'error', status: 403, code: 'InvalidAccessKeyId' }],
])('S3 that %s', (_what, fault) => {
  it('has every recording when it is back, at once, and the operator was told once', async () => {
    const { s3, clock, spool, states, logged, begin, recordAll } = await place();
    const recordings = await begin();
    const end = s3.failNext(fault, Number.POSITIVE_INFINITY);
    const kept = recordAll(recordings);
    await until(() => clock.pendingTimers === CALLS.length);
    const during = recordings.health();
    const waiting = await spool();
    clock.advance(1000);
    await until(() => clock.pendingTimers === CALLS.length);
    end();
    // One of them is tried; that it works brings the others.
    await settled(clock, kept, 10);

    expect(during).toEqual({
      ...{ pendingFiles: 6, isAway: true, isDiskAway: false, failedRecordings: 0, lostBytes: 0 },
    });
    expect(waiting).toHaveLength(6);
    expect(recordings.health()).toMatchObject({ pendingFiles: 0, isAway: false });
    expect([...states.values()]).toEqual(Array(6).fill('ready'));
    expect([s3.objects(BUCKET).size, await spool()]).toEqual([6, []]);
    expect(logged).toEqual([expect.stringContaining('wait on the local disk')]);
  });

  it('has them after the next start when the process ends meanwhile, which does not wait for it', async () => {
    const { s3, clock, spool, states, begin, recordAll } = await place();
    const first = await begin();
    const end = s3.failNext(fault, Number.POSITIVE_INFINITY);
    const kept = recordAll(first);
    await until(() => clock.pendingTimers === CALLS.length);
    await settled(clock, first.close());
    expect(await kept).toEqual(Array(6).fill(undefined));
    expect(await spool()).toHaveLength(6);
    expect([...states.values()]).toEqual(Array(6).fill('recording'));
    end();
    const second = await begin();
    await settled(clock, second.recover());

    await until(() => s3.objects(BUCKET).size === 6);
    await until(() => [...states.values()].every((state) => state === 'ready'));
    expect(await spool()).toEqual([]);
  });
});

it('S3 that is slow costs time alone', async () => {
  const { s3, clock, states, logged, begin, recordAll } = await place();
  const recordings = await begin();
  s3.failNext({ kind: 'slow', delayMs: 100 }, Number.POSITIVE_INFINITY);

  await settled(clock, recordAll(recordings), 1);

  expect([...states.values()]).toEqual(Array(6).fill('ready'));
  expect(logged).toEqual([]);
});
