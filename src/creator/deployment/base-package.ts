import { type FileHandle, open } from 'node:fs/promises';
import { crc32, deflateRawSync } from 'node:zlib';
import { BridgeError } from '../../errors.js';

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const CENTRAL_BYTES = 46;
const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
/** Their real values are in the records of ZIP64. */
const ZIP64_COUNT = 0xffff;
const ZIP64_OFFSET = 0xffffffff;
/** 2.0: deflate. Made on Unix, so that the attributes are its modes. */
const VERSION = 20;
const MADE_BY = (3 << 8) | VERSION;
/** Names are UTF-8. */
const FLAGS = 0x0800;
const DEFLATED = 8;
/** Whoever runs the agent must be able to read its files: -rw-r--r--. */
const ATTRIBUTES = (0o100644 << 16) >>> 0;

/** What becomes of the package. */
export interface Package {
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** Of all entries, those that were added included. */
  readonly names: ReadonlySet<string>;
}

/**
 * Adds files to a zip, in place and without touching what is in it; entries of the same names are left out of its
 * directory. Throws AWS_REFUSED in words for what is no zip of up to 4 GB. Source: PKWARE APPNOTE.TXT 6.3.10, 4.3 and 4.4.
 */
export async function addToZip(
  path: string,
  files: Readonly<Record<string, string>>,
  modified: Date,
): Promise<Package> {
  const file = await open(path, 'r+');
  try {
    const { directory, offset } = await readDirectory(file);
    const kept = entriesOf(directory).filter(({ name }) => !(name in files));
    const parts: Buffer[] = [];
    const added: { name: string; entry: Buffer; unpackedBytes: number }[] = [];
    let at = offset;
    for (const [name, text] of Object.entries(files)) {
      const { local, entry, unpackedBytes } = entryOf(name, text, at, modified);
      parts.push(local);
      added.push({ name, entry, unpackedBytes });
      at += local.length;
    }
    const entries = [...kept, ...added];
    const newDirectory = Buffer.concat(entries.map(({ entry }) => entry));
    const end = Buffer.alloc(END_BYTES);
    end.writeUInt32LE(END_OF_DIRECTORY, 0);
    end.writeUInt16LE(checkedCount(entries.length), 8);
    end.writeUInt16LE(entries.length, 10);
    end.writeUInt32LE(newDirectory.length, 12);
    end.writeUInt32LE(at, 16);
    const tail = Buffer.concat([...parts, newDirectory, end]);
    await file.write(tail, 0, tail.length, offset);
    await file.truncate(offset + tail.length);
    return {
      packedBytes: offset + tail.length,
      unpackedBytes: entries.reduce((sum, { unpackedBytes }) => sum + unpackedBytes, 0),
      names: new Set(entries.map(({ name }) => name)),
    };
  } finally {
    await file.close();
  }
}

async function readDirectory(file: FileHandle): Promise<{ directory: Buffer; offset: number }> {
  const { size } = await file.stat();
  const tailBytes = Math.min(size, END_BYTES + MAX_COMMENT_BYTES);
  const tail = await readAt(file, size - tailBytes, tailBytes);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END_OF_DIRECTORY) continue;
    // The signature may also occur in a comment, or in what was packed.
    if (at + END_BYTES + tail.readUInt16LE(at + 20) !== tail.length) continue;
    const [count, length, offset] = [
      tail.readUInt16LE(at + 10),
      tail.readUInt32LE(at + 12),
      tail.readUInt32LE(at + 16),
    ];
    if (count === ZIP64_COUNT || offset === ZIP64_OFFSET) throw unfit('it is a ZIP64 archive');
    if (offset + length !== size - tailBytes + at) throw unfit('its directory is not where it should be');
    return { directory: await readAt(file, offset, length), offset };
  }
  throw unfit('it is no zip archive');
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  if (bytesRead !== length) throw unfit('it is cut off');
  return bytes;
}

function entriesOf(directory: Buffer): { name: string; entry: Buffer; unpackedBytes: number }[] {
  const entries = [];
  let at = 0;
  while (at < directory.length) {
    if (directory.length - at < CENTRAL_BYTES || directory.readUInt32LE(at) !== CENTRAL_HEADER) {
      throw unfit('its directory is broken');
    }
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => directory.readUInt16LE(at + field));
    const length = CENTRAL_BYTES + nameBytes! + extraBytes! + commentBytes!;
    if (at + length > directory.length) throw unfit('its directory is broken');
    const name = directory.toString('utf8', at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes!);
    const unpackedBytes = directory.readUInt32LE(at + 24);
    entries.push({ name, entry: directory.subarray(at, at + length), unpackedBytes });
    at += length;
  }
  return entries;
}

function entryOf(name: string, text: string, offset: number, modified: Date) {
  const content = Buffer.from(text);
  const data = deflateRawSync(content);
  const nameBytes = Buffer.from(name);
  // What both headers say, from the version needed to the length of the extra field.
  const common = Buffer.alloc(26);
  common.writeUInt16LE(VERSION, 0);
  common.writeUInt16LE(FLAGS, 2);
  common.writeUInt16LE(DEFLATED, 4);
  common.writeUInt16LE(timeOf(modified), 6);
  common.writeUInt16LE(dateOf(modified), 8);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(nameBytes.length, 22);
  const local = Buffer.alloc(4);
  local.writeUInt32LE(LOCAL_HEADER);
  const central = Buffer.alloc(6);
  central.writeUInt32LE(CENTRAL_HEADER, 0);
  central.writeUInt16LE(MADE_BY, 4);
  // No comment, first disk, no internal attributes.
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(ATTRIBUTES, 6);
  rest.writeUInt32LE(offset, 10);
  return {
    local: Buffer.concat([local, common, nameBytes, data]),
    entry: Buffer.concat([central, common, rest, nameBytes]),
    unpackedBytes: content.length,
  };
}

function timeOf(date: Date): number {
  return (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1);
}

function dateOf(date: Date): number {
  return ((date.getUTCFullYear() - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate();
}

function checkedCount(count: number): number {
  if (count >= ZIP64_COUNT) throw unfit('it has too many files');
  return count;
}

function unfit(why: string): BridgeError {
  return new BridgeError('AWS_REFUSED', `The base package (CREATOR_BASE_ZIP) cannot be used: ${why}.`);
}
