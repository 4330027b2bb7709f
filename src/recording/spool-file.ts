import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { type ByteRange, type FilePart, partOf } from './range.js';
import type { OpenedRecording } from './store.js';
import { BYTES_PER_PAIR, HEADER_BYTES, writeHeader } from './wave-header.js';

const READ_BYTES = 65_536;

export type ReadFile = Omit<OpenedRecording, 'isFinal'>;

/** A recording on the local disk while its call goes on. After every write it is a valid WAV. */
export class SpoolFile {
  readonly path: string;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #handle: FileHandle | undefined;
  #byteLength = 0;
  #firstPair: number | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Whether it holds the call from its beginning; without any audio it holds nothing of it. */
  get isWhole(): boolean {
    return this.#firstPair === 0 && this.#byteLength > HEADER_BYTES;
  }

  async write(atPair: number, pairs: Uint8Array): Promise<void> {
    this.#handle ??= await open(this.path, 'wx', 0o600);
    this.#firstPair ??= atPair;
    const at = HEADER_BYTES + atPair * BYTES_PER_PAIR;
    await writeAll(this.#handle, pairs, at);
    this.#byteLength = Math.max(this.#byteLength, at + pairs.length);
    // The header comes last, so that it never promises what is not there.
    writeHeader(this.#header, this.#byteLength - HEADER_BYTES);
    await writeAll(this.#handle, this.#header, 0);
  }

  /** Brings it to the medium. A recording without audio is a file as well. */
  async close(): Promise<void> {
    if (this.#byteLength === 0) await this.write(0, new Uint8Array(0));
    const handle = this.#handle;
    if (!handle) return;
    this.#handle = undefined;
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
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

/** One call of `write` may take less than all of it. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, offset, bytes.length - offset, at + offset);
    offset += bytesWritten;
  }
}
