import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import type { Credentials } from '../aws/signature.js';
import type { Reach } from '../reach.js';

export interface S3Options {
  buckets: readonly string[];
  /** Times of objects and of slow answers; real unless said otherwise. */
  clock?: Clock;
  /** Names of requests; they count up unless said otherwise. */
  ids?: Ids;
  region?: string;
  credentials?: Credentials;
  /** Any that is free, unless said otherwise. */
  port?: number;
  /** In place of a port. */
  reach?: Reach | undefined;
}

/** An object as it is kept. */
export interface StoredObject {
  readonly body: Buffer;
  readonly contentType: string;
  /** With its quotes, as S3 gives it. */
  readonly etag: string;
  /** What came as `x-amz-meta-…`, without that beginning. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Cache-Control, Content-Disposition, Content-Encoding and Content-Language, as they came. */
  readonly headers: Readonly<Record<string, string>>;
  /** Base64, when the client sent one. */
  readonly crc32: string | undefined;
  readonly lastModifiedMs: number;
}

export type Operation =
  | 'PutObject'
  | 'CopyObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'ListObjectsV2'
  | 'HeadBucket';

export interface RequestRecord {
  readonly method: string;
  /** As it came, percent-encoded, with its query. */
  readonly path: string;
  /** Undefined: one that this stand-in does not know. */
  readonly operation: Operation | undefined;
  readonly bucket: string;
  /** Decoded; empty for a request about the bucket. */
  readonly key: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Undefined until it is answered. */
  status: number | undefined;
}

/** What becomes of a request. */
export type S3Fault =
  /** An error of S3 in place of the work. */
  | { kind: 'error'; status: number; code: string; message?: string }
  /** No answer, or no more than this many bytes of its body; the connection stays open. */
  | { kind: 'hang'; afterBytes?: number }
  /** The connection is lost; `isDone`: the work is done, and only its answer is lost. */
  | { kind: 'reset'; isDone?: boolean }
  /** The connection is lost after this many bytes of the answer's body. */
  | { kind: 'cut'; afterBytes: number }
  /** The answer waits this long, and as long again after every `pieceBytes` of its body. */
  | { kind: 'slow'; delayMs: number; pieceBytes?: number };

/** S3 asks to be called less often. */
export const SLOW_DOWN: S3Fault = {
  kind: 'error',
  status: 503,
  code: 'SlowDown',
  message: 'Please reduce your request rate.',
};

export interface S3Emulator {
  readonly url: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** Every request so far, in the order in which they came. */
  readonly requests: readonly RequestRecord[];
  /** Requests that have not been answered to the end. */
  readonly openRequests: number;
  /** What a bucket holds, live. Throws for one that does not exist. */
  objects(bucket: string): ReadonlyMap<string, StoredObject>;
  /** What the next requests (that `match`) meet. `Infinity`: until what is answered here is called. */
  failNext(fault: S3Fault, times?: number, match?: (request: RequestRecord) => boolean): () => void;
  close(): Promise<void>;
}

/** An answer of S3, before any fault. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}
