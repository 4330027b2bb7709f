import { createHash } from 'node:crypto';
import type { Checksum } from './checksums.js';
import { Refusal } from './refusal.js';

export interface StoredObject {
  readonly key: string;
  readonly bytes: Buffer;
  /** Without quotes. */
  readonly etag: string;
  readonly modifiedMs: number;
  /** Content-Type and its like, `x-amz-meta-*`: given back as they came, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly checksum: Checksum | undefined;
}

/** A multipart upload that is not complete. */
export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly parts: Map<number, { bytes: Buffer; etag: string }>;
}

export interface Bucket {
  readonly name: string;
  readonly createdMs: number;
  readonly objects: Map<string, StoredObject>;
  readonly uploads: Map<string, Upload>;
}

export interface Listing {
  objects: StoredObject[];
  prefixes: string[];
  /** The last key or prefix given; undefined when nothing follows. */
  continuesAfter: string | undefined;
}

const BUCKET_NAME = /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

export function checkBucketName(name: string): void {
  if (!BUCKET_NAME.test(name)) throw new Refusal('InvalidBucketName', { BucketName: name });
}

export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

/**
 * One page of a bucket in the order of UTF-8. What has the delimiter behind the prefix is rolled up into one entry.
 * Source: Amazon S3 API Reference, ListObjectsV2.
 */
export function listObjects(
  bucket: Bucket,
  wanted: { prefix: string; delimiter: string; after: string; maxKeys: number },
): Listing {
  const { prefix, delimiter, after, maxKeys } = wanted;
  const objects = [...bucket.objects.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)));
  const page: Listing = { objects: [], prefixes: [], continuesAfter: undefined };
  let last = after;
  for (const object of objects) {
    const end = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length);
    const rolledUp = end < 0 ? undefined : object.key.slice(0, end + delimiter.length);
    const entry = rolledUp ?? object.key;
    if (rolledUp !== undefined && rolledUp === last) continue;
    if (Buffer.compare(Buffer.from(entry), Buffer.from(after)) <= 0) continue;
    if (page.objects.length + page.prefixes.length === maxKeys) {
      page.continuesAfter = maxKeys === 0 ? undefined : last;
      return page;
    }
    if (rolledUp === undefined) page.objects.push(object);
    else page.prefixes.push(rolledUp);
    last = entry;
  }
  return page;
}
