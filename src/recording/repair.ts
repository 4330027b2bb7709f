import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { writeAll } from './spool-file.js';
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
    await finishHeader(handle, byteLength);
    return byteLength;
  } finally {
    await handle.close();
  }
}

/**
 * Joins another recording of the same call into the file: its audio comes to where the file is silent. May be repeated.
 * Answers the length in bytes.
 */
export async function joinInto(path: string, other: Readable): Promise<number> {
  const handle = await open(path, 'r+');
  try {
    let { size } = await handle.stat();
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
    size = Math.max(size, at);
    await finishHeader(handle, size);
    return size;
  } finally {
    await handle.close();
  }
}

async function joinBlock(handle: FileHandle, older: Buffer, at: number): Promise<void> {
  const merged = Buffer.from(older);
  const newer = Buffer.alloc(older.length);
  const { bytesRead } = await handle.read(newer, 0, newer.length, at);
  for (let offset = 0; offset + BYTES_PER_PAIR <= bytesRead; offset += BYTES_PER_PAIR) {
    if (newer.readInt32LE(offset) !== 0) newer.copy(merged, offset, offset, offset + BYTES_PER_PAIR);
  }
  await writeAll(handle, merged, at);
}

async function finishHeader(handle: FileHandle, byteLength: number): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES);
  writeHeader(header, byteLength - HEADER_BYTES);
  await writeAll(handle, header, 0);
  await handle.sync();
}
