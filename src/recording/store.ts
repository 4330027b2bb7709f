import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Clock } from '../clock.js';
import { type Disk, localDisk } from '../disk.js';
import { BridgeError } from '../errors.js';
import type { Logger } from '../log.js';
import { diskShelf } from './disk.js';
import type { ByteRange, FilePart } from './range.js';
import { s3Shelf } from './s3.js';
import { SpooledStore } from './spooled-store.js';

/** A recording that is where it is kept. */
export interface KeptRecording {
  byteLength: number;
  /** Not all of it is known to have reached the disk. */
  lacksSome?: true;
}

/** The file of one recording while it is made. */
export interface RecordingSink {
  /**
   * Writes pairs of samples (s16le, left first) at a place counted in pairs; resolves when the file has them and its
   * header says so. One write at a time. The bytes may be reused when it has resolved.
   */
  write(atPair: number, pairs: Uint8Array): Promise<void>;
  /**
   * No more is written. Resolves when the recording is where it is kept, which may take hours while that is away;
   * undefined when it was removed, or the store was closed first: then it is found again at the next start.
   */
  close(): Promise<KeptRecording | undefined>;
}

export interface OpenedRecording {
  stream: Readable;
  /** Of the whole recording. */
  byteLength: number;
  /** What of it the stream gives; undefined: all. */
  part: FilePart | undefined;
  /** False while the call is still being recorded. */
  isFinal: boolean;
}

/** What a crash has left of a recording, whole again. */
export interface RecoveredRecording {
  callSid: string;
  /** False: it has nothing of the call, and is not kept. */
  hasAudio: boolean;
  /** As `RecordingSink.close`. */
  kept: Promise<KeptRecording | undefined>;
}

/**
 * What became of the order to remove a recording: it is gone, there was none, or the place where it is kept has not
 * answered yet. Then nobody gets it here any more, and it is tried on until it is gone, also after a restart.
 */
export type Removal = 'removed' | 'absent' | 'ordered';

/**
 * Where recordings are kept, one for each call. A call that is recorded in several pieces (its line was interrupted) has
 * them joined. Every callSid that is no plain name is refused with REQUEST_INVALID.
 */
export interface RecordingStore {
  /** Finished recordings that are not where they are kept yet. */
  readonly pendingCount: number;
  /** The last recording could not be brought to where it is kept, or removed there. */
  readonly isAway: boolean;
  create(callSid: string): RecordingSink;
  /** Calls of which something is on this machine: finished, or as a crash has left it. */
  callSids(): Promise<string[]>;
  /** Undefined when there is none. Throws REQUEST_INVALID with the `byteLength` for a range beyond the end. */
  open(callSid: string, range?: ByteRange): Promise<OpenedRecording | undefined>;
  /** Also ends one that is being made. Answers after some seconds at the latest. */
  remove(callSid: string): Promise<Removal>;
  /** Finds what a crash has left, makes it whole and keeps it. Takes some seconds when there is something. */
  recover(): Promise<RecoveredRecording[]>;
  /** Lets what is on its way arrive, ten seconds at most. May be called twice. */
  close(): Promise<void>;
}

/** Where finished recordings end up. Neither reading nor writing here ever touches one that is being made. */
export interface Shelf {
  /** Keeps the file as the call's recording, joined with what is there of it. Can be repeated. The file may be gone then. */
  put(callSid: string, path: string, signal: AbortSignal): Promise<KeptRecording>;
  open(callSid: string, range: ByteRange | undefined): Promise<Omit<OpenedRecording, 'isFinal'> | undefined>;
  remove(callSid: string, signal?: AbortSignal): Promise<boolean>;
  /** Of what it keeps on this machine. */
  callSids(): Promise<string[]>;
  close(): void;
}

export interface S3Place {
  endpoint?: string;
  region?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** A connection on which nothing moves is given up after this; twenty seconds unless said otherwise. */
  inactivityLimitMs?: number;
}

export interface RecordingStoreOptions {
  /** `s3://bucket/prefix` or a directory; undefined: `recordings` in `dataDir`. */
  url: string | undefined;
  dataDir: string;
  log: Logger;
  clock: Clock;
  /** Shared with others that write to it as calls go. */
  disk?: Disk;
  /** Left out, the AWS SDK finds everything itself. */
  s3?: S3Place;
}

/** Opens the place where recordings are kept. Throws DATA_DIR_INACCESSIBLE when it cannot be written to. */
export async function openRecordingStore(options: RecordingStoreOptions): Promise<RecordingStore> {
  const { url, dataDir, log, clock, disk = localDisk(), s3 } = options;
  const home = join(dataDir, 'recordings');
  const shelf = await shelfFor(url, home, s3);
  const store = new SpooledStore({ spoolDir: join(home, 'spool'), shelf, disk, log, clock });
  await store.prepare();
  return store;
}

async function shelfFor(url: string | undefined, home: string, s3: S3Place | undefined): Promise<Shelf> {
  if (url === undefined) return diskShelf(home);
  if (!url.includes('://')) return diskShelf(resolve(url));
  const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(url);
  if (!match) throw new BridgeError('CONFIG_INVALID', 'RECORDINGS_URL must be s3://bucket/prefix or a directory');
  return s3Shelf({ bucket: match[1]!, prefix: (match[2] ?? '').replace(/\/+$/, ''), ...s3 });
}
