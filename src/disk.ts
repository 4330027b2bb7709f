import { write } from 'node:fs';
import { type FileHandle, mkdir, open, opendir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BridgeError } from './errors.js';

/** What is written of an open file. */
export interface DiskFile {
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>;
  truncate(byteLength: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The local disk as files that grow with calls use it. It may be full, slow or gone. */
export interface Disk {
  /** A new file for writing; its directory is made when it is not there. Rejects with EEXIST when the file is there. */
  create(path: string): Promise<DiskFile>;
  /** Does this when few others are at work with the disk. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
}

export interface DiskOptions {
  /** How the file is opened and how much room there is, as Node does it unless said otherwise. */
  open?: (path: string) => Promise<DiskFile>;
  room?: (directory: string) => Promise<{ freeBytes: number; allBytes: number }>;
}

/**
 * Node has four threads for files, names and cryptography. When the disk does not answer, recordings hold two of them and no
 * more: names are still looked up, and new calls reach their model.
 */
const LANES = 2;

/** Of the disk nothing new is begun below this: a database that lives there as well needs room more than recordings do. */
const LEAST_FREE_BYTES = 256 * 1024 * 1024;
const LEAST_FREE_SHARE = 0.05;

export function localDisk({ open: openFile = openNew, room = roomOf }: DiskOptions = {}): Disk {
  const queue: (() => void)[] = [];
  let runningCount = 0;

  return {
    async create(path) {
      const directory = dirname(path);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const { freeBytes, allBytes } = await room(directory);
      if (freeBytes < Math.min(LEAST_FREE_BYTES, allBytes * LEAST_FREE_SHARE)) {
        const full = Object.assign(new Error(`only ${freeBytes} bytes are free`), { code: 'ENOSPC' });
        throw new BridgeError('RECORDING_FAILED', 'the disk is nearly full', { freeBytes }, { cause: full });
      }
      return openFile(path);
    },

    async run(work) {
      while (runningCount >= LANES) await new Promise<void>((resolve) => queue.push(resolve));
      runningCount++;
      try {
        return await work();
      } finally {
        runningCount--;
        queue.shift()?.();
      }
    },
  };
}

async function openNew(path: string): Promise<DiskFile> {
  return fileOf(await open(path, 'wx', 0o600));
}

/** A file handle, which writes for half of the cost that it has by itself. */
export function fileOf(handle: FileHandle): DiskFile {
  return {
    write: (bytes, offset, length, position) =>
      new Promise((resolve, reject) => {
        write(handle.fd, bytes, offset, length, position, (error, bytesWritten) =>
          error ? reject(error) : resolve({ bytesWritten }),
        );
      }),
    truncate: (byteLength) => handle.truncate(byteLength),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

async function roomOf(directory: string): Promise<{ freeBytes: number; allBytes: number }> {
  // Of a file system that does not say, the file itself is tried.
  const { bsize, bavail, blocks } = await statfs(directory).catch(() => ({ bsize: 0, bavail: 0, blocks: 0 }));
  return { freeBytes: bsize * bavail, allBytes: bsize * blocks };
}

/** Names of what is in a directory, in no order; none where there is no such directory. However many, others get their turn. */
export async function filesIn(directory: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of await opendir(directory)) names.push(name);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  return names;
}

/** One call of `write` may take less than all of it. */
export async function writeAll(file: Pick<DiskFile, 'write'>, bytes: Uint8Array, at: number): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    offset += (await file.write(bytes, offset, bytes.length - offset, at + offset)).bytesWritten;
  }
}
