import { type Clock, realClock } from '../../clock.js';
import { type Ids, randomIds } from '../../ids.js';
import { routes } from '../aws/routes.js';
import { type AwsServer, startAwsServer } from '../aws/server.js';
import type { Credentials } from '../aws/signature.js';
import type { Reach } from '../reach.js';
import { controlOperations } from './control.js';
import { invokeOperation } from './invoke.js';
import type { AgentScript } from './script.js';
import { type AgentSession, AgentSessions } from './sessions.js';

export interface BedrockAgentsOptions {
  /** Default 0: any free port of 127.0.0.1. */
  port?: number;
  /** In place of a port. */
  reach?: Reach;
  /** Default: real time. */
  clock?: Clock;
  ids?: Ids;
  region?: string;
  credentials?: Credentials;
  agents: readonly AgentScript[];
}

/** The running stand-in: both services of classic agents at one address. */
export type BedrockAgentsEmulator = AwsServer & {
  /** All since the start, oldest first. */
  readonly sessions: readonly AgentSession[];
};

/** Starts local classic Bedrock agents on loopback. Agents are functions here; what surrounds them is checked as it is there. */
export async function startBedrockAgents(options: BedrockAgentsOptions): Promise<BedrockAgentsEmulator> {
  const { agents, clock = realClock(), ids = randomIds() } = options;
  const sessions = new AgentSessions(clock);
  const server = await startAwsServer({
    service: 'bedrock',
    clock,
    ids,
    port: options.port,
    reach: options.reach,
    region: options.region,
    credentials: options.credentials,
    ...routes({
      InvokeAgent: invokeOperation({ agents, sessions, clock, ids }),
      ...controlOperations(agents, clock.now()),
    }),
  });
  return Object.assign(server, { sessions: sessions.all });
}
