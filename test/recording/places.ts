import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { onTestFinished, vi } from 'vitest';
import wavefile from 'wavefile';
import { FakeClock } from '../../src/clock.js';
import type { Disk } from '../../src/disk.js';
import type { S3Emulator } from '../../src/emulator/s3/contract.js';
import { startS3 } from '../../src/emulator/s3/server.js';
import { createLog } from '../../src/log.js';
import { CLOSE_LIMIT_MS } from '../../src/recording/spooled-store.js';
import {
  type OpenedRecording,
  openRecordingStore,
  type RecordingSink,
  type RecordingStore,
} from '../../src/recording/store.js';

export const BUCKET = 'calls';
export const CALL = `CA${'0'.repeat(30)}7b`;

/** Where recordings are kept in a test, and what can be done to it from outside. */
export interface Place {
  readonly clock: FakeClock;
  /** The messages of what was logged at warn or above. */
  readonly logged: readonly string[];
  readonly s3: S3Emulator | undefined;
  readonly url: string;
  readonly dataDir: string;
  /** A store as a process opens it; `dataDir`: of another machine. Closed with the test. */
  open(dataDir?: string, disk?: Disk): Promise<RecordingStore>;
  /** What is kept of a call. */
  kept(callSid: string): Promise<Buffer | undefined>;
  /** Nothing can be kept, read or removed until what is answered here is called. */
  goAway(): Promise<() => Promise<void>>;
  /** The files of recordings that are not where they are kept yet. */
  spool(): Promise<string[]>;
}

export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'recordings-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function placeOf(
  more: Pick<Place, 's3' | 'url' | 'kept' | 'goAway'>,
  root: string,
  inactivityLimitMs?: number,
): Promise<Place> {
  const clock = new FakeClock();
  const logged: string[] = [];
  const log = createLog('warn', { write: (line) => logged.push((JSON.parse(line) as { msg: string }).msg) });
  const { s3, url } = more;
  const dataDir = join(root, 'data');
  return {
    ...more,
    clock,
    logged,
    dataDir,
    async open(otherDir = dataDir, disk?: Disk) {
      const place = s3 && { endpoint: s3.url, region: s3.region, credentials: s3.credentials };
      const store = await openRecordingStore({
        url,
        dataDir: otherDir,
        log,
        clock,
        ...(disk && { disk }),
        ...(place && { s3: { ...place, ...(inactivityLimitMs !== undefined && { inactivityLimitMs }) } }),
      });
      onTestFinished(async () => {
        const closed = store.close();
        clock.advance(CLOSE_LIMIT_MS);
        await closed;
      });
      return store;
    },
    spool: () => readdir(join(dataDir, 'recordings/spool')),
  };
}

export async function onDisk(): Promise<Place> {
  const root = await temporaryDirectory();
  const directory = join(root, 'kept');
  const moved = join(root, 'moved');
  return placeOf(
    {
      s3: undefined,
      url: directory,
      kept: (callSid) =>
        readFile(join(directory, callSid.slice(-2), `${callSid}.wav`)).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') throw error;
          return undefined;
        }),
      async goAway() {
        const wasThere = await rename(directory, moved).then(
          () => true,
          () => false,
        );
        await writeFile(directory, 'not a directory');
        return async () => {
          await rm(directory);
          if (wasThere) await rename(moved, directory);
        };
      },
    },
    root,
  );
}

/** `inactivityLimitMs`: for tests in which S3 falls silent; any other may run on a machine that is slow. */
export async function onS3(inactivityLimitMs?: number): Promise<Place & { s3: S3Emulator }> {
  const root = await temporaryDirectory();
  const s3 = await startS3({ buckets: [BUCKET] });
  onTestFinished(() => s3.close());
  const place = await placeOf(
    {
      s3,
      url: `s3://${BUCKET}/of/ours`,
      kept: async (callSid) => s3.objects(BUCKET).get(`of/ours/${callSid}.wav`)?.body,
      async goAway() {
        const end = s3.failNext({ kind: 'reset' }, Number.POSITIVE_INFINITY);
        return async () => end();
      },
    },
    root,
    inactivityLimitMs,
  );
  return { ...place, s3 };
}

/** Every place that keeps recordings; what is promised of a store holds for all. */
export const PLACES: readonly [string, () => Promise<Place>][] = [
  ['on disk', onDisk],
  ['on S3', () => onS3()],
];

/** Audio of so many pairs of samples: the left channel has the level, the right its negative. */
export function sound(pairCount: number, level: number): Uint8Array {
  const pairs = new Int16Array(2 * pairCount);
  for (let index = 0; index < pairCount; index++) pairs.set([level, -level], 2 * index);
  return new Uint8Array(pairs.buffer);
}

/** The left channel of a file that must be a valid WAV with two channels at 8 kHz, whose right one is its negative. */
export function levelsOf(bytes: Buffer): number[] {
  const wav = new wavefile.WaveFile(bytes);
  const { numChannels, sampleRate, bitsPerSample } = wav.fmt as Record<string, number>;
  const { chunkSize } = wav.data as { chunkSize: number };
  if (numChannels !== 2 || sampleRate !== 8000 || bitsPerSample !== 16) throw new Error('not the format of recordings');
  if (bytes.readUInt32LE(4) !== bytes.length - 8 || chunkSize !== bytes.length - 44)
    throw new Error(`the header says ${chunkSize} bytes of audio where there are ${bytes.length - 44}`);
  const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length));
  const left = [...samples.filter((_, index) => index % 2 === 0)];
  if (left.some((level, index) => samples[2 * index + 1] !== -level)) throw new Error('the channels do not match');
  return left;
}

/** What sounds, run by run: `[level, pairCount]`. */
export function runsOf(bytes: Buffer): [number, number][] {
  const runs: [number, number][] = [];
  for (const level of levelsOf(bytes)) {
    const last = runs.at(-1);
    if (last?.[0] === level) last[1]++;
    else runs.push([level, 1]);
  }
  return runs;
}

export async function bytesOf(opened: OpenedRecording | undefined): Promise<Buffer> {
  if (!opened) throw new Error('there is no recording');
  return buffer(opened.stream);
}

/** A sink that has so much audio from a place on, in pairs. */
export async function recorded(
  store: RecordingStore,
  atPair: number,
  pairCount: number,
  level: number,
): Promise<RecordingSink> {
  const sink = store.create(CALL);
  await sink.write(atPair, sound(pairCount, level));
  return sink;
}

/** Resolves when it is so. */
export function until(condition: () => boolean | Promise<boolean>): Promise<unknown> {
  return vi.waitUntil(condition, { timeout: 60_000, interval: 2 });
}

/** Moves time on, pause by pause, until it has happened. */
export async function settled<Result>(clock: FakeClock, promise: Promise<Result>, stepMs = 1000): Promise<Result> {
  let isDone = false;
  const mark = () => {
    isDone = true;
  };
  promise.then(mark, mark);
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!isDone && clock.pendingTimers > 0) clock.advance(stepMs);
  }
  return promise;
}
