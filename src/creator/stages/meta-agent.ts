import { BridgeError } from '../../errors.js';
import { type Stage, unasked } from './stage.js';

/** Code and prompts from a pre-deployed AgentCreator. */
export const metaAgent: Stage = async ({ job, parts, signal }) => {
  if (!parts.metaAgent) {
    const words = 'this bridge knows no AgentCreator any more (AGENT_CREATOR_RUNTIME_ARN): begin again';
    throw new BridgeError('CONFIG_INVALID', words);
  }
  return unasked({ output: await parts.metaAgent.create(job, signal) });
};
