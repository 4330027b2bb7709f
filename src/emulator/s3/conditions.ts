import type { StoredObject } from './buckets.js';
import { Refusal } from './refusal.js';

type Headers = Readonly<Record<string, string | undefined>>;

/** Whether a write may happen. Throws a `Refusal`. Source: Amazon S3 User Guide, Conditional writes. */
export function checkWrite(existing: StoredObject | undefined, headers: Headers): void {
  const ifNoneMatch = headers['if-none-match'];
  const ifMatch = headers['if-match'];
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== '*') throw new Refusal('NotImplemented', { Header: 'If-None-Match' });
    if (existing) throw new Refusal('PreconditionFailed', { Condition: 'If-None-Match' });
  }
  if (ifMatch !== undefined) {
    if (!existing) throw new Refusal('NoSuchKey');
    if (!names(ifMatch, existing.etag)) throw new Refusal('PreconditionFailed', { Condition: 'If-Match' });
  }
}

/** Whether a read is answered. Throws a `Refusal`, also for 304. Source: Amazon S3 API Reference, GetObject. */
export function checkRead(object: StoredObject, headers: Headers): void {
  const modifiedMs = Math.floor(object.modifiedMs / 1000) * 1000;
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  const since = dateOf(headers['if-modified-since']);
  const unmodifiedSince = dateOf(headers['if-unmodified-since']);
  if (ifMatch !== undefined) {
    if (!names(ifMatch, object.etag)) throw new Refusal('PreconditionFailed', { Condition: 'If-Match' });
  } else if (unmodifiedSince !== undefined && modifiedMs > unmodifiedSince) {
    throw new Refusal('PreconditionFailed', { Condition: 'If-Unmodified-Since' });
  }
  if (ifNoneMatch !== undefined) {
    if (names(ifNoneMatch, object.etag)) throw new Refusal('NotModified');
  } else if (since !== undefined && modifiedMs <= since) {
    throw new Refusal('NotModified');
  }
}

/** First and last byte of what is asked for; undefined: everything. Several ranges are not supported there either. */
export function readRange(range: string | undefined, byteLength: number): { first: number; last: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(range ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const [, from = '', to = ''] = match;
  const first = from === '' ? Math.max(0, byteLength - Number(to)) : Number(from);
  const last = from === '' || to === '' ? byteLength - 1 : Math.min(Number(to), byteLength - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  if (first > last) throw new Refusal('InvalidRange', { RangeRequested: range, ActualObjectSize: byteLength });
  return { first, last };
}

function names(header: string, etag: string): boolean {
  return header.split(',').some((each) => each.trim() === '*' || each.trim().replace(/^"(.*)"$/, '$1') === etag);
}

function dateOf(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
