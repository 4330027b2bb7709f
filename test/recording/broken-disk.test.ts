import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RecordingRecord } from '../../src/call/record.js';
import { createLog } from '../../src/log.js';
import { createRecordings } from '../../src/recording/recordings.js';
import { faultyDisk } from '../faulty-disk.js';
import { CALL, onDisk, onS3, type Place, settled, until } from './places.js';

const OTHER = `CA${'1'.repeat(32)}`;
const frame = new Uint8Array(160).fill(0x10);

async function recordingsOn(place: Place) {
  const disk = faultyDisk();
  const store = await place.open(undefined, disk);
  const facts: [callSid: string, recording: RecordingRecord][] = [];
  const lines: Record<string, unknown>[] = [];
  const recordings = createRecordings({
    store,
    clock: place.clock,
    log: createLog('info', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) }),
    changed: (callSid, recording) => facts.push([callSid, recording]),
  });
  const { clock } = place;
  /** A call goes on; each time that it may write, the disk has its turn. */
  const speak = async (recorder: ReturnType<typeof recordings.start>, seconds: number) => {
    for (let atMs = 0; atMs < seconds * 1000; atMs += 20) {
      recorder.caller(frame, undefined, clock.now());
      clock.advance(20);
      if (atMs % 200 === 0) await disk.idle();
    }
  };
  /** After the call. */
  const pass = async (seconds: number) => {
    for (let atMs = 0; atMs < seconds * 1000; atMs += 200) {
      clock.advance(200);
      await disk.idle();
    }
  };
  const statesOf = (callSid = CALL) => facts.filter(([each]) => each === callSid).map(([, { state }]) => state);
  return { ...place, disk, store, recordings, speak, pass, facts, lines, statesOf };
}

/** The left channel. */
const callerOf = (bytes: Buffer) =>
  Array.from({ length: (bytes.length - 44) / 4 }, (_, index) => bytes.readInt16LE(44 + 4 * index));

const told = (lines: readonly Record<string, unknown>[]) => lines.filter(({ level }) => level !== 40);

describe.each(['ENOSPC', 'EROFS', 'EIO'] as const)('a disk that answers %s', (fault) => {
  it('for less than half a minute costs nothing: the recording is whole, and the operator was told', async () => {
    const { disk, recordings, speak, kept, lines, statesOf } = await recordingsOn(await onDisk());
    const recorder = recordings.start(CALL, { startMs: 0 });
    await speak(recorder, 3);
    disk.fault = fault;
    await speak(recorder, 20);
    const during = recordings.health();
    disk.fault = undefined;
    await speak(recorder, 3);
    recorder.close();
    await recorder.ended;

    expect(during).toMatchObject({ isDiskAway: true, failedRecordings: 0 });
    expect(recordings.health()).toEqual({
      ...{ pendingFiles: 0, isAway: false, isDiskAway: false, failedRecordings: 0, lostBytes: 0 },
    });
    expect(statesOf()).toEqual(['recording', 'ready']);
    const caller = callerOf((await kept(CALL))!);
    expect([caller.length, caller.filter((level) => level === 0).length]).toEqual([26 * 8000, 0]);
    expect(lines).toMatchObject([
      { level: 50, code: 'RECORDING_FAILED', reason: fault, callSid: CALL },
      { level: 30, failedRecordings: 0 },
    ]);
    expect(disk.openFiles).toBe(0);
  });

  it('for longer costs the rest of the recording: what was kept is a whole file, and the next call is recorded', async () => {
    const { disk, recordings, speak, kept, facts, lines, statesOf } = await recordingsOn(await onDisk());
    const recorder = recordings.start(CALL, { startMs: 0 });
    await speak(recorder, 3);
    disk.fault = fault;
    await speak(recorder, 40);
    recorder.close();
    // A file that cannot be cut, nor closed in order, is closed all the same.
    await recorder.ended;
    const openFiles = disk.openFiles;
    disk.fault = undefined;
    const next = recordings.start(OTHER, { startMs: 0 });
    await speak(next, 3);
    next.close();
    await next.ended;

    expect(openFiles).toBe(0);
    expect(statesOf()).toEqual(['recording', 'failed', 'failed']);
    expect(statesOf(OTHER)).toEqual(['recording', 'ready']);
    const { byteLength } = facts.filter(([callSid]) => callSid === CALL).at(-1)![1];
    expect(byteLength).toBeGreaterThan(44 + 2000 * 32);
    if (fault !== 'EROFS') expect((await kept(CALL))!.length).toBe(byteLength);
    const { failedRecordings, lostBytes } = recordings.health();
    expect(failedRecordings).toBe(1);
    expect(lostBytes).toBeGreaterThan(40_000 * 32);
    expect(told(lines)).toMatchObject([
      { level: 50, code: 'RECORDING_FAILED', reason: fault },
      { level: 30, failedRecordings: 1 },
    ]);
  });

  it('to a whole call leaves nothing of it, neither a file nor an open one', async () => {
    const { disk, recordings, speak, pass, kept, spool, statesOf } = await recordingsOn(await onDisk());
    disk.fault = fault;
    const recorder = recordings.start(CALL, { startMs: 0 });
    await speak(recorder, 5);
    recorder.close();
    await pass(30);

    expect(await recorder.ended).toBeUndefined();
    expect(statesOf()).toEqual(['recording', 'failed']);
    expect([await kept(CALL), await spool(), disk.openFiles]).toEqual([undefined, [], 0]);
    expect(recordings.health()).toMatchObject({ failedRecordings: 1, lostBytes: 5000 * 32, pendingFiles: 0 });
  });
});

describe('a disk', () => {
  it('that is nearly full takes no new recording, so that the database keeps room', async () => {
    const { disk, recordings, speak, pass, spool, lines } = await recordingsOn(await onDisk());
    disk.freeBytes = 100e6;
    const recorder = recordings.start(CALL, { startMs: 0 });
    await speak(recorder, 3);
    recorder.close();
    await pass(30);
    await recorder.ended;

    expect(told(lines)).toMatchObject([{ reason: 'ENOSPC' }]);
    expect(await spool()).toEqual([]);
  });

  it('that does not answer costs the recording and nothing else; its files are closed when it does', async () => {
    const { disk, recordings, statesOf, lines, clock } = await recordingsOn(await onDisk());
    const answers = disk.hold();
    const recorder = recordings.start(CALL, { startMs: 0 });
    for (let atMs = 0; atMs < 35_000; atMs += 20) {
      recorder.caller(frame, undefined, clock.now());
      clock.advance(20);
      if (atMs === 1000) await until(() => disk.openFiles === 1);
    }
    recorder.close();
    const during = statesOf();
    answers();
    await recorder.ended;

    expect(during).toEqual(['recording', 'failed']);
    expect(told(lines)).toMatchObject([{ level: 50, code: 'RECORDING_FAILED' }, { level: 30 }]);
    expect(disk.openFiles).toBe(0);
  });

  it('that does not answer does not hold up the end of the process', async () => {
    const { disk, recordings, speak, store, clock } = await recordingsOn(await onDisk());
    const recorder = recordings.start(CALL, { startMs: 0 });
    await speak(recorder, 2);
    const answers = disk.hold();
    for (let atMs = 0; atMs < 1000; atMs += 20) recorder.caller(frame, undefined, clock.now());
    clock.advance(1000);
    await settled(clock, recordings.close());

    expect(store.pendingCount).toBe(0);
    answers();
    await recorder.ended;
  });

  it('whose end of the file does not reach the medium has a recording that is kept, and called failed', async () => {
    const { disk, recordings, speak, kept, statesOf } = await recordingsOn(await onDisk());
    const recorder = recordings.start(CALL, { startMs: 0 });
    await speak(recorder, 2);
    disk.failsToSync = true;
    recorder.close();
    await recorder.ended;

    expect(statesOf()).toEqual(['recording', 'failed']);
    expect((await kept(CALL))!.length).toBe(44 + 2000 * 32);
    expect(disk.openFiles).toBe(0);
  });
});

describe('a directory of recordings that somebody removes', () => {
  it('costs the call that is recorded, which is said at its end, and is there again for the next one', async () => {
    const { disk, recordings, speak, dataDir, statesOf, kept } = await recordingsOn(await onS3());
    const recorder = recordings.start(CALL, { startMs: 0 });
    await speak(recorder, 3);
    await rm(join(dataDir, 'recordings'), { recursive: true });
    await speak(recorder, 3);
    recorder.close();
    await recorder.ended;
    const next = recordings.start(OTHER, { startMs: 0 });
    await speak(next, 3);
    next.close();
    await next.ended;

    expect(statesOf()).toEqual(['recording', 'failed']);
    expect(statesOf(OTHER)).toEqual(['recording', 'ready']);
    expect((await kept(OTHER))!.length).toBe(44 + 3000 * 32);
    expect(await kept(CALL)).toBeUndefined();
    expect(disk.openFiles).toBe(0);
    expect(await readdir(join(dataDir, 'recordings/spool'))).toEqual([]);
  });

  it('keeps nothing from being removed there', async () => {
    const { recordings, dataDir } = await recordingsOn(await onDisk());
    await rm(join(dataDir, 'recordings'), { recursive: true });

    expect(await recordings.remove([CALL])).toBe(0);
  });
});
