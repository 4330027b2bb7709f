import { type Clock, realClock } from '../../clock.js';
import { type Ids, randomIds } from '../../ids.js';
import { routes } from '../aws/routes.js';
import { type AwsServer, startAwsServer } from '../aws/server.js';
import { type Credentials, DEFAULT_REGION } from '../aws/signature.js';
import type { Reach } from '../reach.js';
import { controlOperations } from './control.js';
import { deployments, type Hosting } from './deployments.js';
import { type IdentityScript, identityOperations } from './identity.js';
import { Memories, type MemoryEvent, type MemoryScript } from './memory.js';
import { runtimeOperations } from './runtimes.js';
import type { RuntimeScript } from './script.js';
import { type RuntimeSession, RuntimeSessions } from './sessions.js';

export interface AgentCoreOptions {
  /** Default 0: any free port of 127.0.0.1. */
  port?: number;
  /** In place of a port. */
  reach?: Reach;
  /** Default: real time. */
  clock?: Clock;
  ids?: Ids;
  region?: string;
  credentials?: Credentials;
  runtimes?: readonly RuntimeScript[];
  memories?: readonly MemoryScript[];
  identity?: IdentityScript;
  /** Whose tokens runtimes with `auth: 'jwt'` trust, besides those of the identity service here. */
  issuers?: readonly { accepts(token: string): boolean }[];
  /** Lets runtimes be made over the control plane; left out, nobody can. */
  hosting?: Hosting;
}

/** The running stand-in: data plane and control plane at one address. */
export type AgentCoreEmulator = AwsServer & {
  /** All since the start, oldest first. */
  readonly sessions: readonly RuntimeSession[];
  /** All events of all memories, oldest first. */
  readonly events: readonly MemoryEvent[];
  /** Deploys a runtime, or puts another in its place; sessions go on. */
  deploy(runtime: RuntimeScript): void;
};

/**
 * Starts a local Amazon Bedrock AgentCore on loopback: runtimes with their sessions, memory and identity. Agents are
 * functions here; what surrounds them is checked as the service does. State lives as long as the stand-in.
 */
export async function startAgentCore(options: AgentCoreOptions = {}): Promise<AgentCoreEmulator> {
  const { clock = realClock(), ids = randomIds(), issuers = [] } = options;
  const runtimes = new Map((options.runtimes ?? []).map((script) => [script.arn, script]));
  const sessions = new RuntimeSessions(clock);
  const memories = new Memories(options.memories ?? [], clock, ids);
  const identity = identityOperations(options.identity ?? { workloads: [], providers: [] }, clock, ids);
  const { operations, admits } = runtimeOperations({
    runtimes,
    sessions,
    clock,
    ids,
    acceptsToken: (token) => [identity, ...issuers].some((issuer) => issuer.accepts(token)),
  });
  const made =
    options.hosting &&
    deployments({ runtimes, hosting: options.hosting, region: options.region ?? DEFAULT_REGION, clock, ids });
  const server = await startAwsServer({
    service: 'bedrock-agentcore',
    clock,
    ids,
    port: options.port,
    reach: options.reach,
    region: options.region,
    credentials: options.credentials,
    admits,
    ...routes({
      ...operations,
      ...memories.operations,
      ...identity.operations,
      ...controlOperations(runtimes, clock.now(), made?.find),
      ...made?.operations,
    }),
  });
  return Object.assign(server, {
    sessions: sessions.all,
    events: memories.events,
    deploy(runtime: RuntimeScript) {
      runtimes.set(runtime.arn, runtime);
    },
  });
}
