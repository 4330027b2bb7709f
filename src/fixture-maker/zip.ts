import { crc32, deflateRawSync } from 'node:zlib';

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
/** 2.0: folders and deflate. */
const VERSION = 20;
/** Names are UTF-8. */
const FLAGS = 0x0800;
const STORED = 0;
const DEFLATED = 8;

/**
 * A ZIP archive with these files, by their names in it, all of the time `modified` (UTC, 1980 or later). Texts are deflated;
 * sound is not, which would save little and keep the thread busy. For archives below
 * 4 GB with less than 65,536 files. Source: PKWARE APPNOTE.TXT 6.3.10, 4.3 and 4.4.
 */
export function zipOf(files: ReadonlyMap<string, string | Uint8Array>, modified: Date): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of files) {
    const { common, nameBytes, data } = fileOf(name, content, modified);
    const local = Buffer.concat([uint32(LOCAL_HEADER), common, nameBytes, data]);
    // Made by this version; no comment, first disk, no attributes; where the file begins.
    const central = [uint32(CENTRAL_HEADER), uint16(VERSION), common, Buffer.alloc(10), uint32(offset), nameBytes];
    directory.push(...central);
    parts.push(local);
    offset += local.length;
  }
  const directoryLength = directory.reduce((sum, part) => sum + part.length, 0);
  const count = uint16(files.size);
  // This disk and that of the directory; the files on this one and in all.
  const end = [uint32(END_OF_DIRECTORY), uint16(0), uint16(0), count, count];
  return Buffer.concat([...parts, ...directory, ...end, uint32(directoryLength), uint32(offset), uint16(0)]);
}

/** What both headers of a file say of it, from the version needed to the length of the extra field. */
function fileOf(name: string, content: string | Uint8Array, modified: Date) {
  const isText = typeof content === 'string';
  const bytes = isText ? Buffer.from(content) : content;
  const data = isText ? deflateRawSync(bytes) : bytes;
  const nameBytes = Buffer.from(name);
  const common = Buffer.concat([
    uint16(VERSION),
    uint16(FLAGS),
    uint16(isText ? DEFLATED : STORED),
    uint16((modified.getUTCHours() << 11) | (modified.getUTCMinutes() << 5) | (modified.getUTCSeconds() >> 1)),
    uint16(((modified.getUTCFullYear() - 1980) << 9) | ((modified.getUTCMonth() + 1) << 5) | modified.getUTCDate()),
    uint32(crc32(bytes)),
    uint32(data.length),
    uint32(bytes.length),
    uint16(nameBytes.length),
    uint16(0),
  ]);
  return { common, nameBytes, data };
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
