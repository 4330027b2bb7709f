import { inflateRawSync } from 'node:zlib';
import { BridgeError } from '../../errors.js';

const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;
const STORED = 0;

/** The files of a ZIP archive without comment, by their names in it. Throws `FIXTURE_INVALID` for anything else. */
export function unzip(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  try {
    const end = archive.length - END_BYTES;
    if (archive.readUInt32LE(end) !== END_OF_DIRECTORY) throw new RangeError('it has no end');
    const count = archive.readUInt16LE(end + 10);
    let at = archive.readUInt32LE(end + 16);
    for (let index = 0; index < count; index++) {
      if (archive.readUInt32LE(at) !== CENTRAL_HEADER) throw new RangeError('its directory is broken');
      const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => archive.readUInt16LE(at + field));
      const name = archive.toString('utf8', at + 46, at + 46 + nameBytes!);
      files.set(name, contentOf(archive, at));
      at += 46 + nameBytes! + extraBytes! + commentBytes!;
    }
  } catch (error) {
    throw new BridgeError('FIXTURE_INVALID', 'what the bridge sent is no ZIP archive', {}, { cause: error });
  }
  return files;
}

function contentOf(archive: Buffer, entryAt: number): Buffer {
  const isStored = archive.readUInt16LE(entryAt + 10) === STORED;
  const byteLength = archive.readUInt32LE(entryAt + 20);
  const headerAt = archive.readUInt32LE(entryAt + 42);
  const from = headerAt + 30 + archive.readUInt16LE(headerAt + 26) + archive.readUInt16LE(headerAt + 28);
  const data = archive.subarray(from, from + byteLength);
  return isStored ? data : inflateRawSync(data);
}
