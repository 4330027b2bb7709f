import { invalidRange } from './problem.js';

/** First and last byte, both inclusive. */
export interface Part {
  first: number;
  last: number;
}

/**
 * What a Range header means for an object of this length; undefined: all of it, as for a header that S3 does not
 * understand (also more than one range). Throws InvalidRange. Source: RFC 9110, 14.2; Amazon S3, GetObject.
 */
export function partOf(header: string | undefined, byteLength: number): Part | undefined {
  if (header === undefined) return undefined;
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header.trim()) ?? [];
  if (from === '' && to === '') return undefined;
  if (from === '') {
    if (Number(to) === 0 || byteLength === 0) throw invalidRange(header, byteLength);
    return { first: Math.max(0, byteLength - Number(to)), last: byteLength - 1 };
  }
  if (to !== '' && Number(to) < Number(from)) return undefined;
  if (Number(from) >= byteLength) throw invalidRange(header, byteLength);
  return { first: Number(from), last: to === '' ? byteLength - 1 : Math.min(Number(to), byteLength - 1) };
}
