import { crc32, inflateRawSync } from 'node:zlib';

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;

/** The files of a zip by their paths, checked as whoever unpacks it does; undefined when it is none. Source: APPNOTE.TXT 6.3.10. */
export function filesOfZip(archive: Buffer): Map<string, Buffer> | undefined {
  const files = new Map<string, Buffer>();
  try {
    const end = endOf(archive);
    const count = archive.readUInt16LE(end + 10);
    let at = archive.readUInt32LE(end + 16);
    for (let index = 0; index < count; index++) {
      if (archive.readUInt32LE(at) !== CENTRAL_HEADER) return undefined;
      const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => archive.readUInt16LE(at + field));
      const name = archive.toString('utf8', at + 46, at + 46 + nameBytes!);
      if (files.has(name)) return undefined;
      if (!name.endsWith('/')) files.set(name, contentOf(archive, at));
      at += 46 + nameBytes! + extraBytes! + commentBytes!;
    }
    return at === end ? files : undefined;
  } catch {
    return undefined;
  }
}

function endOf(archive: Buffer): number {
  for (let at = archive.length - END_BYTES; at >= archive.length - END_BYTES - MAX_COMMENT_BYTES; at--) {
    const isEnd = archive.readUInt32LE(at) === END_OF_DIRECTORY;
    if (isEnd && at + END_BYTES + archive.readUInt16LE(at + 20) === archive.length) return at;
  }
  throw new RangeError('it has no end');
}

function contentOf(archive: Buffer, entryAt: number): Buffer {
  const headerAt = archive.readUInt32LE(entryAt + 42);
  if (archive.readUInt32LE(headerAt) !== LOCAL_HEADER) throw new RangeError('a file does not begin where it should');
  const from = headerAt + 30 + archive.readUInt16LE(headerAt + 26) + archive.readUInt16LE(headerAt + 28);
  const data = archive.subarray(from, from + archive.readUInt32LE(entryAt + 20));
  const content = archive.readUInt16LE(entryAt + 10) === 0 ? Buffer.from(data) : inflateRawSync(data);
  if (crc32(content) !== archive.readUInt32LE(entryAt + 16)) throw new RangeError('a file is damaged');
  return content;
}
