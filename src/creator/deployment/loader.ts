import type { AgentRuntimes } from '../../agents/agent-runtimes.js';
import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import type { Deployment } from '../ports.js';
import { smokeInvocation } from './smoke.js';

/**
 * The runtime of `creator/loader` answers for every agent in the bucket: there is nothing to deploy, and each version of the
 * directory names the version of the code that it was made with.
 */
export function loaderDeployment(
  services: { runtimes: Pick<AgentRuntimes, 'ask' | 'stop'>; clock: Clock; ids: Ids },
  loaderArn: string,
): Deployment {
  return {
    async deploy({ agentId, owner, version }, _agent, _written, signal) {
      const payload = {
        agent_id: agentId,
        user_id: owner,
        version,
        prompt: '{{input.prompt}}',
        session_id: '{{sessionId}}',
        actor_id: '{{caller}}',
      };
      const deployed = { runtimeArn: loaderArn, payload };
      await smokeInvocation(services, deployed, signal);
      return deployed;
    },
  };
}
