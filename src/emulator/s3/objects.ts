import { createHash } from 'node:crypto';
import { type CheckedBody, type Headers, headerOf } from './body.js';
import type { Answer, StoredObject } from './contract.js';
import { invalidArgument, noSuchBucket, noSuchKey, notImplemented, preconditionFailed, S3Problem } from './problem.js';
import { partOf } from './range.js';
import { element, S3_NAMESPACE, XML_HEAD } from './xml.js';

const MAX_KEY_BYTES = 1024;
const KEPT_HEADERS = ['Cache-Control', 'Content-Disposition', 'Content-Encoding', 'Content-Language'];
const META = 'x-amz-meta-';

export type Objects = Map<string, StoredObject>;

/** Keeps a body under a key, if the conditions of the request hold. Source: Amazon S3, PutObject; conditional writes. */
export function putObject(objects: Objects, key: string, headers: Headers, body: CheckedBody, nowMs: number): Answer {
  checkKey(key);
  checkWriteConditions(objects.get(key), key, headers);
  const object: StoredObject = {
    body: body.bytes,
    ...describedBy(headers),
    etag: `"${createHash('md5').update(body.bytes).digest('hex')}"`,
    crc32: body.crc32,
    lastModifiedMs: nowMs,
  };
  objects.set(key, object);
  return { status: 200, headers: { ETag: object.etag, ...checksumHeaders(object) } };
}

/** Source: Amazon S3, GetObject; RFC 9110, 13.2.2 for the order of conditions. */
export function getObject(objects: Objects, key: string, headers: Headers): Answer {
  const object = objects.get(key);
  if (!object) throw noSuchKey(key);
  const ifMatch = headerOf(headers, 'if-match');
  if (ifMatch !== undefined && !matches(ifMatch, object)) throw preconditionFailed('If-Match');
  const common = {
    ETag: object.etag,
    'Last-Modified': new Date(object.lastModifiedMs).toUTCString(),
    'Accept-Ranges': 'bytes',
  };
  const ifNoneMatch = headerOf(headers, 'if-none-match');
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, object)) return { status: 304, headers: common };
  for (const name of ['if-modified-since', 'if-unmodified-since', 'if-range'])
    if (name in headers) throw notImplemented(name);

  const part = partOf(headerOf(headers, 'range'), object.body.length);
  const wantsChecksum = headerOf(headers, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  return {
    status: part ? 206 : 200,
    headers: {
      ...common,
      'Content-Type': object.contentType,
      ...object.headers,
      ...Object.fromEntries(Object.entries(object.metadata).map(([name, value]) => [META + name, value])),
      // The checksum is of the whole.
      ...(!part && wantsChecksum && checksumHeaders(object)),
      ...(part && { 'Content-Range': `bytes ${part.first}-${part.last}/${object.body.length}` }),
    },
    body: part ? object.body.subarray(part.first, part.last + 1) : object.body,
  };
}

/** Nobody is told whether there was one. Source: Amazon S3, DeleteObject. */
export function deleteObject(objects: Objects, key: string, headers: Headers): Answer {
  // Ignored, it would give a false comfort.
  if ('if-match' in headers) throw notImplemented('If-Match of DeleteObject');
  objects.delete(key);
  return { status: 204 };
}

/** Source: Amazon S3, CopyObject. */
export function copyObject(
  buckets: ReadonlyMap<string, Objects>,
  target: { objects: Objects; key: string },
  headers: Headers,
  nowMs: number,
): Answer {
  const source = headerOf(headers, 'x-amz-copy-source') ?? '';
  const [, bucket, key] = /^\/?([^/]+)\/([^?]+)$/.exec(source) ?? [];
  if (bucket === undefined || key === undefined)
    throw invalidArgument('Copy Source must mention the source bucket and key', 'x-amz-copy-source', source);
  const unknown = Object.keys(headers).find((name) => name.startsWith('x-amz-copy-source-if-'));
  if (unknown !== undefined) throw notImplemented(unknown);
  const objects = buckets.get(bucket);
  if (!objects) throw noSuchBucket(bucket);
  const object = objects.get(decodeURIComponent(key));
  if (!object) throw noSuchKey(decodeURIComponent(key));
  checkKey(target.key);
  checkWriteConditions(target.objects.get(target.key), target.key, headers);
  const isReplaced = headerOf(headers, 'x-amz-metadata-directive') === 'REPLACE';
  target.objects.set(target.key, { ...object, ...(isReplaced && describedBy(headers)), lastModifiedMs: nowMs });
  const result = element('ETag', object.etag) + element('LastModified', new Date(nowMs).toISOString());
  return {
    status: 200,
    headers: { 'Content-Type': 'application/xml' },
    body: `${XML_HEAD}<CopyObjectResult ${S3_NAMESPACE}>${result}</CopyObjectResult>`,
  };
}

function describedBy(headers: Headers): Pick<StoredObject, 'contentType' | 'metadata' | 'headers'> {
  const metadata = Object.keys(headers)
    .filter((name) => name.startsWith(META))
    .map((name) => [name.slice(META.length), headerOf(headers, name) ?? '']);
  const kept = KEPT_HEADERS.map((name) => [name, keptValue(name, headers)]).filter(([, value]) => value !== undefined);
  return {
    contentType: headerOf(headers, 'content-type') ?? 'binary/octet-stream',
    metadata: Object.fromEntries(metadata) as Record<string, string>,
    headers: Object.fromEntries(kept) as Record<string, string>,
  };
}

/** The wrapping of the request is no encoding of the object. */
function keptValue(name: string, headers: Headers): string | undefined {
  const value = headerOf(headers, name.toLowerCase());
  if (name !== 'Content-Encoding' || value === undefined) return value;
  const encodings = value.split(',').map((each) => each.trim());
  return encodings.filter((each) => each !== 'aws-chunked').join(', ') || undefined;
}

function checkWriteConditions(earlier: StoredObject | undefined, key: string, headers: Headers): void {
  const ifNoneMatch = headerOf(headers, 'if-none-match');
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') throw notImplemented('If-None-Match with a value but *');
  if (ifNoneMatch !== undefined && earlier) throw preconditionFailed('If-None-Match');
  const ifMatch = headerOf(headers, 'if-match');
  if (ifMatch === undefined) return;
  if (!earlier) throw noSuchKey(key);
  if (!matches(ifMatch, earlier)) throw preconditionFailed('If-Match');
}

function matches(header: string, object: StoredObject): boolean {
  const bare = (etag: string) => etag.trim().replace(/^W\//, '').replace(/^"|"$/g, '');
  return header.split(',').some((each) => each.trim() === '*' || bare(each) === bare(object.etag));
}

function checksumHeaders({ crc32 }: StoredObject): Record<string, string> {
  return crc32 === undefined ? {} : { 'x-amz-checksum-crc32': crc32, 'x-amz-checksum-type': 'FULL_OBJECT' };
}

function checkKey(key: string): void {
  const byteLength = Buffer.byteLength(key);
  if (byteLength <= MAX_KEY_BYTES) return;
  const details = { Size: String(byteLength), MaxSizeAllowed: String(MAX_KEY_BYTES) };
  throw new S3Problem(400, 'KeyTooLongError', 'Your key is too long', details);
}
