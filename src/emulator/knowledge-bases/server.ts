import { type Clock, realClock } from '../../clock.js';
import { type Ids, randomIds } from '../../ids.js';
import { routes } from '../aws/routes.js';
import { type AwsServer, startAwsServer } from '../aws/server.js';
import { type Credentials, DEFAULT_REGION } from '../aws/signature.js';
import type { CollectionEmulator } from '../opensearch/server.js';
import type { Reach } from '../reach.js';
import type { S3VectorsEmulator } from '../vectors/server.js';
import { knowledgeBaseRoutes } from './control.js';
import { ingestionRoutes, type Objects } from './jobs.js';
import { type ReadyMade, readyMade } from './ready-made.js';
import { Registry } from './registry.js';
import { retrieveRoute } from './retrieve.js';
import { dataSourceRoutes } from './sources.js';
import type { Delays } from './state.js';

export interface KnowledgeBasesOptions {
  /** Where vectors are stored. */
  vectors: Pick<S3VectorsEmulator, 'store'>;
  /** The one collection of OpenSearch Serverless; without it, indexes there are taken at their word. */
  collection?: Pick<CollectionEmulator, 'visibleIndex'>;
  /** What is in the buckets of data sources. */
  objects: Objects;
  /** Default 0: any free port of 127.0.0.1. */
  port?: number;
  /** In place of a port. */
  reach?: Reach;
  /** Default: real time. States change by it. */
  clock?: Clock;
  ids?: Ids;
  region?: string;
  credentials?: Credentials;
  /** Default 123456789012. */
  accountId?: string;
  delays?: Partial<Delays>;
}

/** The running stand-in. */
export type KnowledgeBasesEmulator = AwsServer & {
  /** From now on there is this knowledge base, active and filled. */
  add(base: ReadyMade): Promise<void>;
};

const DEFAULT_DELAYS: Delays = { creatingMs: 2000, deletingMs: 2000, startingMs: 1000, perDocumentMs: 200 };

/**
 * Starts local Bedrock knowledge bases on loopback, control plane and Retrieve on one port. Ingestion jobs really cut,
 * embed and store what is in the buckets; embeddings are those of the stand-in for models, not Titan's.
 * Source: Amazon Bedrock API reference, Agents for Amazon Bedrock (build time and run time); the SDK's requests.
 */
export async function startKnowledgeBases(options: KnowledgeBasesOptions): Promise<KnowledgeBasesEmulator> {
  const {
    vectors,
    collection,
    objects,
    accountId = '123456789012',
    ids = randomIds(),
    clock = realClock(),
    ...rest
  } = options;
  const delays = { ...DEFAULT_DELAYS, ...options.delays };
  const timers = closableTimers(clock);
  const nowMs = () => clock.now();
  const registry = new Registry(nowMs, delays);
  const context = {
    registry,
    nowMs,
    ids,
    region: options.region ?? DEFAULT_REGION,
    accountId,
    stores: { vectors: vectors.store, collection },
    objects,
    delays,
    clock: timers,
  };
  const table = routes({
    ...knowledgeBaseRoutes(context),
    ...dataSourceRoutes(context),
    ...ingestionRoutes(context),
    Retrieve: retrieveRoute(registry),
  });
  const server = await startAwsServer({ ...rest, ...table, clock, ids, service: 'bedrock' });
  const closeServer = server.close.bind(server);
  return Object.assign(server, {
    async add(base: ReadyMade) {
      registry.add(await readyMade(base, context));
    },
    async close() {
      timers.close();
      await closeServer();
    },
  });
}

/** A clock whose timers are all cancelled by `close`, and which sets none any more. */
function closableTimers(clock: Clock): Clock & { close(): void } {
  const pending = new Set<() => void>();
  let isClosed = false;
  return {
    now: () => clock.now(),
    after(delayMs, action) {
      if (isClosed) return () => undefined;
      const cancel = clock.after(delayMs, () => {
        pending.delete(cancel);
        action();
      });
      pending.add(cancel);
      return () => {
        pending.delete(cancel);
        cancel();
      };
    },
    close() {
      isClosed = true;
      for (const cancel of pending) cancel();
    },
  };
}
