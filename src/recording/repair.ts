import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { writeAll } from '../disk.js';
import { BYTES_PER_PAIR, HEADER_BYTES, writeHeader } from './wave-header.js';

/**
 * Makes a file whole that a crash has torn: cut to whole pairs of samples, with a header that says so. Answers its
 * length in bytes, undefined when there is no audio in it.
 */
export async function repairRecording(path: string): Promise<number | undefined> {
  const handle = await open(path, 'r+');
  try {
    const { size } = await handle.stat();
    const pairCount = Math.floor((size - HEADER_BYTES) / BYTES_PER_PAIR);
    if (pairCount <= 0) return undefined;
    const byteLength = HEADER_BYTES + pairCount * BYTES_PER_PAIR;
    if (size !== byteLength) await handle.truncate(byteLength);
    await finishHeader(handle);
    return byteLength;
  } finally {
    await handle.close();
  }
}

/**
 * Joins another recording of the same call into the file: its audio comes to where the file is silent. May be repeated,
 * and several may be joined into one file at the same time: each writes only where it has something to add.
 */
export async function joinInto(path: string, other: Readable): Promise<void> {
  // It is met below; before the file is open, nobody else listens to it.
  other.on('error', () => undefined);
  const handle = await open(path, 'r+');
  try {
    let at = HEADER_BYTES;
    let skipBytes = HEADER_BYTES;
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of other as AsyncIterable<Buffer>) {
      const fresh = chunk.subarray(Math.min(skipBytes, chunk.length));
      skipBytes -= chunk.length - fresh.length;
      const block = rest.length > 0 ? Buffer.concat([rest, fresh]) : fresh;
      const wholeBytes = block.length - (block.length % BYTES_PER_PAIR);
      await joinBlock(handle, block.subarray(0, wholeBytes), at);
      at += wholeBytes;
      rest = block.subarray(wholeBytes);
    }
    const { size } = await handle.stat();
    // Silence at its end makes the file longer as well.
    if (at > size) await writeAll(handle, Buffer.alloc(BYTES_PER_PAIR), at - BYTES_PER_PAIR);
    await finishHeader(handle);
  } finally {
    await handle.close();
  }
}

async function joinBlock(handle: FileHandle, other: Buffer, at: number): Promise<void> {
  const own = Buffer.alloc(other.length);
  await handle.read(own, 0, own.length, at);
  let first = own.length;
  let end = 0;
  for (let offset = 0; offset < own.length; offset += BYTES_PER_PAIR) {
    const pair = other.readInt32LE(offset);
    if (pair === 0 || own.readInt32LE(offset) !== 0) continue;
    own.writeInt32LE(pair, offset);
    first = Math.min(first, offset);
    end = offset + BYTES_PER_PAIR;
  }
  await writeAll(handle, own.subarray(first, end), at + first);
}

/** Writes the header for what is there; once more when somebody has made the file longer meanwhile. */
async function finishHeader(handle: FileHandle): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES);
  let byteLength = -1;
  for (let { size } = await handle.stat(); size !== byteLength; { size } = await handle.stat()) {
    byteLength = size;
    writeHeader(header, byteLength - HEADER_BYTES);
    await writeAll(handle, header, 0);
  }
  await handle.sync();
}
