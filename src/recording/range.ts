import { BridgeError } from '../errors.js';

/** A part of a file as HTTP asks for it: from a byte on (to another, inclusive), or so many at the end. */
export type ByteRange = { firstByte: number; lastByte?: number } | { lastBytes: number };

/** First and last byte, both inclusive. */
export interface FilePart {
  firstByte: number;
  lastByte: number;
}

/** Reads a Range header; undefined when there is none, or one that the whole file answers as well. Source: RFC 9110, 14.2. */
export function parseRange(header: string | undefined): ByteRange | undefined {
  const match = /^bytes=(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))$/.exec(header?.trim() ?? '');
  if (!match) return undefined;
  const [, first, last, lastBytes] = match;
  if (lastBytes !== undefined) return { lastBytes: Number(lastBytes) };
  if (last === undefined) return { firstByte: Number(first) };
  return Number(last) < Number(first) ? undefined : { firstByte: Number(first), lastByte: Number(last) };
}

/** What a range means in a file of this length. Throws REQUEST_INVALID with the length when it has none of it (416). */
export function partOf(range: ByteRange, byteLength: number): FilePart {
  const end = byteLength - 1;
  const part =
    'lastBytes' in range
      ? { firstByte: Math.max(0, byteLength - range.lastBytes), lastByte: end }
      : { firstByte: range.firstByte, lastByte: Math.min(range.lastByte ?? end, end) };
  if (part.firstByte > part.lastByte) throw rangeError(byteLength);
  return part;
}

export function rangeError(byteLength: number): BridgeError {
  return new BridgeError('REQUEST_INVALID', 'the range lies beyond the end of the recording', { byteLength });
}
