import type { IncomingMessage } from 'node:http';
import type { Operation, RequestRecord } from './contract.js';

/** What each operation may have in its query besides `x-id`. */
const QUERY: Readonly<Record<Operation, readonly string[]>> = {
  PutObject: [],
  CopyObject: [],
  GetObject: [],
  HeadObject: [],
  DeleteObject: [],
  HeadBucket: [],
  ListObjectsV2: [
    'list-type',
    'prefix',
    'delimiter',
    'max-keys',
    'continuation-token',
    'start-after',
    'encoding-type',
    'fetch-owner',
  ],
};

/** Splits the path first and decodes then: a key may hold whatever a path holds. */
export function recordOf(request: IncomingMessage): RequestRecord {
  const { method = '', url = '/', headers } = request;
  const [path = ''] = url.split('?');
  const [, bucket = '', ...rest] = path.split('/');
  const key = rest.map(decoded).join('/');
  const operation = operationOf(method, key, queryOf(url), 'x-amz-copy-source' in headers);
  return { method, path: url, operation, bucket: decoded(bucket), key, headers, status: undefined };
}

export function queryOf(url: string): ReadonlyMap<string, string> {
  const at = url.indexOf('?');
  return new Map(at < 0 ? [] : new URLSearchParams(url.slice(at + 1)));
}

function operationOf(
  method: string,
  key: string,
  query: ReadonlyMap<string, string>,
  isCopy: boolean,
): Operation | undefined {
  const ofObject: Partial<Record<string, Operation>> = {
    PUT: isCopy ? 'CopyObject' : 'PutObject',
    GET: 'GetObject',
    HEAD: 'HeadObject',
    DELETE: 'DeleteObject',
  };
  const ofBucket: Partial<Record<string, Operation>> = {
    HEAD: 'HeadBucket',
    ...(query.get('list-type') === '2' && { GET: 'ListObjectsV2' }),
  };
  const operation = (key === '' ? ofBucket : ofObject)[method];
  if (!operation) return undefined;
  return [...query.keys()].every((name) => name === 'x-id' || QUERY[operation].includes(name)) ? operation : undefined;
}

/** As it came when it is no encoding at all. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
