import { type Clock, realClock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import { type Route, routes } from '../aws/routes.js';
import { type AwsServer, startAwsServer } from '../aws/server.js';
import { type Credentials, DEFAULT_REGION } from '../aws/signature.js';
import type { Reach } from '../reach.js';
import { Members, readObject } from './members.js';
import { operations } from './operations.js';
import { accessDenied, validation } from './problems.js';
import { VectorStore } from './store.js';

export interface S3VectorsOptions {
  /** Default 0: any free port of 127.0.0.1. */
  port?: number;
  /** In place of a port. */
  reach?: Reach;
  /** Default: real time. */
  clock?: Clock;
  ids?: Ids;
  region?: string;
  credentials?: Credentials;
  /** Default 123456789012. */
  accountId?: string;
  /** Most results of one query; default 100, as documented. */
  maxTopK?: number;
  /** Actions the account lacks the permission for, such as `s3vectors:GetVectors`. */
  denied?: readonly string[];
}

/** The running stand-in. What it stores is open to tests, past all checks. */
export type S3VectorsEmulator = AwsServer & { readonly store: VectorStore };

const MAX_BODY_BYTES = 20 * 1024 * 1024;

/**
 * Starts a local Amazon S3 Vectors on loopback. Limits, names of errors and their words are the service's where they are
 * known; search is exact, where the service approximates. State lives as long as the stand-in.
 * Source: Amazon S3 API reference and user guide, S3 Vectors; the SDK's requests.
 */
export async function startS3Vectors(options: S3VectorsOptions = {}): Promise<S3VectorsEmulator> {
  const { accountId = '123456789012', maxTopK = 100, denied = [], clock = realClock(), ...rest } = options;
  const store = new VectorStore(options.region ?? DEFAULT_REGION, accountId);
  const demand = (action: string) => {
    if (denied.includes(action)) throw accessDenied(action);
  };
  const table = Object.entries(operations).map(([name, operation]): [string, Route] => [
    name,
    {
      method: 'POST',
      path: `/${name}`,
      handle({ body }) {
        demand(`s3vectors:${name}`);
        if (body.length > MAX_BODY_BYTES) throw validation('Request body exceeds max allowed size');
        const input = new Members(readObject(body));
        return { status: 200, body: operation(input, { store, nowMs: clock.now(), maxTopK, demand }) };
      },
    },
  ]);
  const server = await startAwsServer({ ...rest, ...routes(Object.fromEntries(table)), clock, service: 's3vectors' });
  return Object.assign(server, { store });
}
