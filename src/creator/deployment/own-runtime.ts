import type { AgentRuntimes } from '../../agents/agent-runtimes.js';
import type { AwsPlace } from '../../aws.js';
import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import type { Deployment } from '../ports.js';
import type { Packages } from './packages.js';
import { runtimeMaker } from './runtime-maker.js';
import { runtimeName } from './runtime-name.js';
import { smokeInvocation } from './smoke.js';

export interface OwnRuntimeOptions {
  readonly runtimes: Pick<AgentRuntimes, 'ask' | 'stop' | 'list'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly agentCore: AwsPlace;
  readonly packages: Packages;
  readonly roleArn: string;
  /** Of every agent: `MODEL_ID` and the like. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * A runtime for each version of each agent: the operator's base package with the agent's files. A version keeps its runtime,
 * so that going back to it, or trying another one on some of the calls, needs no deployment.
 */
export function ownRuntimeDeployment(options: OwnRuntimeOptions): Deployment & { close(): void } {
  const { runtimes, clock, agentCore, packages, roleArn } = options;
  const maker = runtimeMaker(agentCore, runtimes, clock);

  return {
    async deploy(job, agent, written, signal) {
      const key = await packages.store(job, agent, written, signal);
      const { knowledgeBaseId } = job.input;
      const order = {
        name: runtimeName(job),
        description: `Version ${job.version} of the agent ${job.agentId}, made by AgentCreator`,
        roleArn,
        bucket: written.bucket,
        key,
        environment: {
          ...options.environment,
          ...(knowledgeBaseId !== undefined && { KNOWLEDGE_BASE_ID: knowledgeBaseId }),
        },
      };
      const runtimeArn = await maker.make(order, signal);
      const payload = { prompt: '{{input.prompt}}', session_id: '{{sessionId}}', actor_id: '{{caller}}' };
      await smokeInvocation(options, { runtimeArn, payload }, signal);
      return { runtimeArn, payload };
    },

    close() {
      maker.close();
      packages.close();
    },
  };
}
