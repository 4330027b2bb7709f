import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Refusal } from './refusal.js';

/** Checksums that the stand-in can compute; values travel in base64. Source: Amazon S3 User Guide, Checking object integrity. */
const ALGORITHMS: Readonly<Record<string, { byteLength: number; digest: (bytes: Uint8Array) => Buffer }>> = {
  crc32: { byteLength: 4, digest: (bytes) => bigEndian(crc32(bytes)) },
  crc32c: { byteLength: 4, digest: (bytes) => bigEndian(crc32c(bytes)) },
  sha1: { byteLength: 20, digest: (bytes) => createHash('sha1').update(bytes).digest() },
  sha256: { byteLength: 32, digest: (bytes) => createHash('sha256').update(bytes).digest() },
};

const PREFIX = 'x-amz-checksum-';
/** Headers of this prefix that are no checksum. */
const OTHERS = new Set(['x-amz-checksum-mode', 'x-amz-checksum-algorithm', 'x-amz-checksum-type']);

export interface Checksum {
  header: string;
  value: string;
}

/** Checks the checksum that came with a body, and Content-MD5. Answers what is to be kept of it. Throws a `Refusal`. */
export function verifyChecksums(bytes: Uint8Array, headers: Readonly<Record<string, string | undefined>>): Checksum | undefined {
  const md5 = headers['content-md5'];
  if (md5 !== undefined) {
    if (Buffer.from(md5, 'base64').length !== 16) throw new Refusal('InvalidDigest');
    if (createHash('md5').update(bytes).digest('base64') !== md5) throw new Refusal('BadDigest');
  }
  const sent = Object.keys(headers).filter((name) => name.startsWith(PREFIX) && !OTHERS.has(name));
  if (sent.length > 1) throw new Refusal('InvalidRequest', {}, 'Expecting a single x-amz-checksum- header.');
  const [header] = sent;
  if (header === undefined) return undefined;
  const algorithm = ALGORITHMS[header.slice(PREFIX.length)];
  if (!algorithm) throw new Refusal('NotImplemented', { Header: header });
  const value = headers[header] ?? '';
  if (Buffer.from(value, 'base64').length !== algorithm.byteLength) {
    throw new Refusal('InvalidRequest', {}, `Value for ${header} header is invalid.`);
  }
  if (algorithm.digest(bytes).toString('base64') !== value) throw new Refusal('BadDigest');
  return { header, value };
}

const CRC32C = new Uint32Array(256).map((_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0);
  return value;
});

function crc32c(bytes: Uint8Array): number {
  let value = 0xffff_ffff;
  for (const byte of bytes) value = CRC32C[(value ^ byte) & 0xff]! ^ (value >>> 8);
  return (value ^ 0xffff_ffff) >>> 0;
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
