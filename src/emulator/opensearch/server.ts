import { type Clock, realClock } from '../../clock.js';
import { type Ids, randomIds } from '../../ids.js';
import { isObject } from '../aws/json.js';
import { AwsProblem } from '../aws/problem.js';
import { type AwsAnswer, type AwsRequest, type AwsServer, startAwsServer } from '../aws/server.js';
import type { Credentials } from '../aws/signature.js';
import type { Reach } from '../reach.js';
import { type IndexSettings, readSettings } from './index-settings.js';
import { forbidden, noSuchIndex, SearchProblem } from './problem.js';

export interface CollectionOptions {
  /** Default 0: any free port of 127.0.0.1. */
  port?: number;
  /** In place of a port. */
  reach?: Reach;
  /** Default: real time. */
  clock?: Clock;
  ids?: Ids;
  region?: string;
  credentials?: Credentials;
  /** What the data access policy withholds, such as `aoss:CreateIndex`. */
  denied?: readonly string[];
  /** How long after its creation an index is there for others, Bedrock among them. Default 3000. */
  visibleAfterMs?: number;
}

/** An index as Bedrock finds it. */
export interface VisibleIndex extends IndexSettings {
  readonly name: string;
}

/** The running stand-in of one collection for vector search. */
export type CollectionEmulator = AwsServer & {
  /** Undefined while it is not to be seen yet. */
  visibleIndex(name: string): VisibleIndex | undefined;
  /** Makes an index as if it had been there for long. */
  putIndex(name: string, body: object): void;
};

const NAME = /^[^A-Z\s,"*+/\\|?#><:]+$/;

/**
 * Starts a local collection of OpenSearch Serverless: creating, showing and deleting indexes. Nothing can be stored or
 * searched: the stand-in for knowledge bases does that itself.
 * Source: Amazon OpenSearch Service developer guide, OpenSearch Serverless (signing, data access, supported operations).
 */
export async function startCollection(options: CollectionOptions = {}): Promise<CollectionEmulator> {
  const { denied = [], visibleAfterMs = 3000, clock = realClock(), ids = randomIds(), ...rest } = options;
  const indexes = new Map<string, IndexSettings & { visibleMs: number }>();

  const put = (name: string, body: Readonly<Record<string, unknown>>, visibleMs: number): void => {
    const isBadStart = name.startsWith('_') || name.startsWith('-');
    if (isBadStart || !NAME.test(name)) {
      throw new SearchProblem(400, 'invalid_index_name_exception', `Invalid index name [${name}]`);
    }
    if (indexes.has(name)) {
      throw new SearchProblem(400, 'resource_already_exists_exception', `index [${name}] already exists`);
    }
    indexes.set(name, { ...readSettings(body), visibleMs });
  };

  const operations: Readonly<Record<string, { right: string; handle(name: string, body: Buffer): AwsAnswer }>> = {
    PUT: {
      right: 'aoss:CreateIndex',
      handle(name, body) {
        put(name, jsonOf(body), clock.now() + visibleAfterMs);
        return { status: 200, body: { acknowledged: true, shards_acknowledged: true, index: name } };
      },
    },
    GET: {
      right: 'aoss:DescribeIndex',
      handle(name) {
        const index = indexes.get(name);
        if (!index) throw noSuchIndex(name);
        const settings = { index: { knn: 'true', provided_name: name } };
        return { status: 200, body: { [name]: { aliases: {}, mappings: { properties: index.properties }, settings } } };
      },
    },
    DELETE: {
      right: 'aoss:DeleteIndex',
      handle(name) {
        if (!indexes.delete(name)) throw noSuchIndex(name);
        return { status: 200, body: { acknowledged: true } };
      },
    },
  };

  const handle = ({ method, path, headers, body }: AwsRequest): AwsAnswer => {
    checkSigning(headers);
    const operation = operations[method];
    const [, name = '', ...more] = path.split('/');
    if (!operation || name === '' || more.length > 0) {
      throw new AwsProblem(404, 'UnknownOperationException', 'This stand-in knows indexes alone.');
    }
    if (denied.includes(operation.right)) return forbidden(ids.uuid());
    try {
      return operation.handle(decodeURIComponent(name), body);
    } catch (error) {
      if (error instanceof SearchProblem) return error.answer();
      throw error;
    }
  };

  const server = await startAwsServer({ ...rest, clock, ids, service: 'aoss', handle });
  return Object.assign(server, {
    visibleIndex(name: string) {
      const index = indexes.get(name);
      return index && index.visibleMs <= clock.now() ? { ...index, name } : undefined;
    },
    putIndex: (name: string, body: object) => put(name, { ...body }, Number.NEGATIVE_INFINITY),
  });
}

/** Beyond the signature itself: the hash of the body must be there, the length must not be signed. */
function checkSigning(headers: AwsRequest['headers']): void {
  const [, signed = ''] = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? [];
  if (headers['x-amz-content-sha256'] === undefined) {
    throw new AwsProblem(403, 'InvalidSignatureException', 'The header x-amz-content-sha256 is missing.');
  }
  if (signed.split(';').includes('content-length')) {
    throw new AwsProblem(403, 'InvalidSignatureException', 'The header content-length must not be signed.');
  }
}

function jsonOf(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(body.toString());
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  throw new SearchProblem(400, 'parse_exception', 'request body is required to be a JSON object');
}
