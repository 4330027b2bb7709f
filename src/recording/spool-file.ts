import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { type Disk, type DiskFile, writeAll } from '../disk.js';
import { type ByteRange, type FilePart, partOf } from './range.js';
import type { OpenedRecording } from './store.js';
import { BYTES_PER_PAIR, HEADER_BYTES, writeHeader } from './wave-header.js';

const READ_BYTES = 65_536;

export type ReadFile = Omit<OpenedRecording, 'isFinal'>;

/** A recording on the local disk while its call goes on. After every write it is a valid WAV. */
export class SpoolFile {
  readonly path: string;
  readonly #disk: Disk;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #file: DiskFile | undefined;
  #byteLength = 0;
  #firstPair: number | undefined;
  /** A write failed: there may be more in the file than its header says. */
  #isTorn = false;

  constructor(path: string, disk: Disk) {
    this.path = path;
    this.#disk = disk;
  }

  /** Whether it holds the call from its beginning; without any audio it holds nothing of it. */
  get isWhole(): boolean {
    return this.#firstPair === 0 && this.hasAudio;
  }

  get hasAudio(): boolean {
    return this.#byteLength > HEADER_BYTES;
  }

  /** May be repeated when it fails. */
  write(atPair: number, pairs: Uint8Array): Promise<void> {
    return this.#disk.run(() => this.#write(atPair, pairs));
  }

  /** Brings it to the medium. A recording without audio is a file as well. When it fails the file is closed all the same. */
  close(): Promise<void> {
    return this.#disk.run(async () => {
      try {
        if (this.#byteLength === 0) await this.#write(0, new Uint8Array(0));
        if (this.#isTorn) await this.#file?.truncate(this.#byteLength);
        await this.#file?.sync();
      } finally {
        const file = this.#file;
        this.#file = undefined;
        await file?.close();
      }
    });
  }

  async #write(atPair: number, pairs: Uint8Array): Promise<void> {
    this.#file ??= await this.#disk.create(this.path);
    const at = HEADER_BYTES + atPair * BYTES_PER_PAIR;
    const byteLength = Math.max(this.#byteLength, at + pairs.length);
    try {
      await writeAll(this.#file, pairs, at);
      // The header comes last, so that it never promises what is not there.
      writeHeader(this.#header, byteLength - HEADER_BYTES);
      await writeAll(this.#file, this.#header, 0);
    } catch (error) {
      this.#isTorn = true;
      throw error;
    }
    this.#firstPair ??= atPair;
    this.#byteLength = byteLength;
  }

  /** What is there of it now; it may grow on meanwhile. Undefined when there is nothing. */
  async read(range: ByteRange | undefined): Promise<ReadFile | undefined> {
    const byteLength = this.#byteLength;
    return byteLength === 0 ? undefined : openForReading(this.path, range, byteLength);
  }
}

/**
 * Opens a recording that lives on below the stream when it is moved or removed. Undefined when there is none. Its header
 * is made for the length that is promised (all of it, unless said otherwise): the one in the file may grow meanwhile.
 */
export async function openForReading(
  path: string,
  range: ByteRange | undefined,
  writtenBytes?: number,
): Promise<ReadFile | undefined> {
  const handle = await open(path, 'r').catch(absent);
  if (!handle) return undefined;
  try {
    const byteLength = writtenBytes ?? (await handle.stat()).size;
    const part = range && partOf(range, byteLength);
    const header = Buffer.alloc(HEADER_BYTES);
    writeHeader(header, Math.max(0, byteLength - HEADER_BYTES));
    const stream = streamOf(handle, part ?? { firstByte: 0, lastByte: byteLength - 1 }, header);
    return { stream, byteLength, part };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function streamOf(handle: FileHandle, part: FilePart, header: Buffer): Readable {
  let at = part.firstByte;
  return new Readable({
    read() {
      if (at > part.lastByte) {
        this.push(null);
      } else if (at < header.length) {
        const bytes = header.subarray(at, part.lastByte + 1);
        at += bytes.length;
        this.push(bytes);
      } else {
        const bytes = Buffer.allocUnsafe(Math.min(READ_BYTES, part.lastByte + 1 - at));
        handle.read(bytes, 0, bytes.length, at).then(
          ({ bytesRead }) => {
            at += bytesRead;
            this.push(bytesRead > 0 ? bytes.subarray(0, bytesRead) : null);
          },
          (error: Error) => this.destroy(error),
        );
      }
    },
    destroy(error, done) {
      handle.close().then(() => done(error), done);
    },
  });
}

/** For `catch`: undefined when the file is not there, else thrown on. */
export function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
