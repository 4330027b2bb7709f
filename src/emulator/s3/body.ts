import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.js';

export interface Body {
  bytes: Buffer;
  /** Headers that came behind the body, in lower case. */
  trailers: Readonly<Record<string, string>>;
}

/** One PUT takes up to 5 GB there; the stand-in keeps everything in memory. */
const LARGEST_BODY_BYTES = 1024 * 1024 * 1024;
const SIGNED_CHUNKS = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';

/** Reads a request's body and takes it out of its chunks. Throws a `Refusal`. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const parts: Buffer[] = [];
  let byteLength = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    byteLength += part.length;
    if (byteLength > LARGEST_BODY_BYTES) throw new Refusal('EntityTooLarge');
    parts.push(part);
  }
  const raw = Buffer.concat(parts, byteLength);
  const hash = String(request.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD');
  if (hash === 'UNSIGNED-PAYLOAD') return { bytes: raw, trailers: {} };
  if (hash.startsWith(SIGNED_CHUNKS)) throw new Refusal('NotImplemented', { Header: 'x-amz-content-sha256' });
  if (hash === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') return decodeChunks(raw, request.headers);
  if (!/^[0-9a-f]{64}$/.test(hash)) {
    throw new Refusal('InvalidArgument', {}, 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-…, or a hash');
  }
  if (createHash('sha256').update(raw).digest('hex') !== hash) throw new Refusal('XAmzContentSHA256Mismatch');
  return { bytes: raw, trailers: {} };
}

/** `hex size CRLF data CRLF`, a chunk of no size, then headers. Source: Amazon S3 API Reference, chunked uploads with trailers. */
function decodeChunks(raw: Buffer, headers: IncomingMessage['headers']): Body {
  const announced = Number(headers['x-amz-decoded-content-length'] ?? Number.NaN);
  if (!Number.isInteger(announced)) throw new Refusal('MissingContentLength');
  const chunks: Buffer[] = [];
  let at = 0;
  const line = () => {
    const end = raw.indexOf('\r\n', at);
    if (end < 0) throw new Refusal('IncompleteBody');
    const text = raw.toString('latin1', at, end);
    at = end + 2;
    return text;
  };
  for (;;) {
    const size = /^([0-9a-fA-F]+)(?:;.*)?$/.exec(line())?.[1];
    if (size === undefined) throw new Refusal('IncompleteBody');
    const byteLength = Number.parseInt(size, 16);
    if (byteLength === 0) break;
    if (at + byteLength + 2 > raw.length) throw new Refusal('IncompleteBody');
    chunks.push(raw.subarray(at, at + byteLength));
    at += byteLength;
    if (line() !== '') throw new Refusal('IncompleteBody');
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length !== announced) throw new Refusal('IncompleteBody');
  return { bytes, trailers: trailersOf(raw.toString('latin1', at), String(headers['x-amz-trailer'] ?? '')) };
}

function trailersOf(text: string, announced: string): Record<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  const trailers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).trim().toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const missing = announced.split(',').find((name) => name.trim() !== '' && !(name.trim().toLowerCase() in trailers));
  if (missing !== undefined) throw new Refusal('IncompleteBody', { MissingTrailer: missing.trim() });
  return trailers;
}
