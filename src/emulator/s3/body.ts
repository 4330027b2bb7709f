import { crc32 } from 'node:zlib';
import { sha256 } from '../aws/signature.js';
import { incompleteBody, invalidRequest, notImplemented, S3Problem } from './problem.js';

/** In place of the hash of a body that is not signed. */
const UNSIGNED = 'UNSIGNED-PAYLOAD';
/** The body comes in pieces (aws-chunked), its checksum behind them. */
const UNSIGNED_TRAILER = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

const CHECKSUM = 'x-amz-checksum-crc32';
const OTHER_CHECKSUM = /^x-amz-checksum-(?!crc32$|mode$|type$)/;

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

export interface CheckedBody {
  readonly bytes: Buffer;
  /** Base64, when the client sent one; it holds. */
  readonly crc32: string | undefined;
}

export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/** What the request says of its body, which is what is signed. Throws for what cannot be checked here. */
export function payloadHashOf(headers: Headers): string {
  const hash = headerOf(headers, 'x-amz-content-sha256');
  if (hash === undefined) throw invalidRequest('Missing required header for this request: x-amz-content-sha256');
  if (/^[0-9a-f]{64}$/.test(hash) || hash === UNSIGNED || hash === UNSIGNED_TRAILER) return hash;
  throw notImplemented(`x-amz-content-sha256: ${hash}`);
}

/**
 * The body of a request without its wrapping, checked against every length, hash and checksum that came with it.
 * Source: Amazon S3, Signature Version 4 streaming with trailers; checking object integrity.
 */
export function checkBody(headers: Headers, raw: Buffer): CheckedBody {
  const other = Object.keys(headers).find((name) => OTHER_CHECKSUM.test(name));
  if (other !== undefined) throw notImplemented(other);
  const hash = payloadHashOf(headers);
  if (hash === UNSIGNED_TRAILER) return checkTrailed(headers, raw);
  if (headerOf(headers, 'content-length') === undefined && raw.length > 0) throw missingLength();
  if (hash !== UNSIGNED && sha256(raw) !== hash) {
    throw new S3Problem(
      400,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      { ClientComputedContentSHA256: hash, S3ComputedContentSHA256: sha256(raw) },
    );
  }
  return { bytes: raw, crc32: checkCrc32(headerOf(headers, CHECKSUM), raw) };
}

function checkTrailed(headers: Headers, raw: Buffer): CheckedBody {
  const declaredLength = headerOf(headers, 'x-amz-decoded-content-length');
  if (declaredLength === undefined) throw missingLength();
  const declaredTrailer = headerOf(headers, 'x-amz-trailer')?.toLowerCase();
  if (declaredTrailer !== undefined && declaredTrailer !== CHECKSUM) {
    throw notImplemented(`x-amz-trailer: ${declaredTrailer}`);
  }
  const { bytes, trailers } = unwrapChunks(raw);
  if (bytes.length !== Number(declaredLength)) throw incompleteBody();
  const names = [...trailers.keys()].join(',');
  if (names !== (declaredTrailer ?? '')) {
    throw new S3Problem(400, 'MalformedTrailerError', 'The request contained trailing data that was not well-formed');
  }
  return { bytes, crc32: checkCrc32(trailers.get(CHECKSUM), bytes) };
}

/** Takes the wrapping off an aws-chunked body: pieces with their length before them, then lines of trailers. */
export function unwrapChunks(raw: Buffer): { bytes: Buffer; trailers: Map<string, string> } {
  const pieces: Buffer[] = [];
  let at = 0;
  const line = (): string => {
    const end = raw.indexOf('\r\n', at);
    if (end < 0) throw incompleteBody();
    const text = raw.toString('latin1', at, end);
    at = end + 2;
    return text;
  };
  for (;;) {
    const size = line();
    if (!/^[0-9a-f]{1,8}$/i.test(size)) throw invalidRequest(`not the length of a chunk: ${size}`);
    const byteLength = Number.parseInt(size, 16);
    if (byteLength === 0) break;
    if (at + byteLength + 2 > raw.length) throw incompleteBody();
    pieces.push(raw.subarray(at, at + byteLength));
    at += byteLength;
    if (line() !== '') throw invalidRequest('a chunk is longer than it says');
  }
  const trailers = new Map<string, string>();
  for (let text = line(); text !== ''; text = line()) {
    const [name = '', ...value] = text.split(':');
    trailers.set(name.trim().toLowerCase(), value.join(':').trim());
  }
  if (at !== raw.length) throw invalidRequest('there is something behind the trailers');
  return { bytes: Buffer.concat(pieces), trailers };
}

/** CRC-32 as S3 writes it: base64 of its four bytes, the highest first. */
export function crc32Text(bytes: Buffer): string {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32(bytes));
  return value.toString('base64');
}

function checkCrc32(given: string | undefined, bytes: Buffer): string | undefined {
  if (given === undefined) return undefined;
  if (!/^[A-Za-z0-9+/]{6}==$/.test(given)) throw invalidRequest(`Value for ${CHECKSUM} header is invalid.`);
  if (given !== crc32Text(bytes)) {
    throw new S3Problem(400, 'BadDigest', 'The CRC32 you specified did not match the calculated checksum.');
  }
  return given;
}

function missingLength(): S3Problem {
  return new S3Problem(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
}
