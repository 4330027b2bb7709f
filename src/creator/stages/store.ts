import { madeAgentOf } from '../made.js';
import { manifestOf } from '../manifest.js';
import { needed, type Stage, unasked } from './stage.js';

/** Writes the agent to the bucket. Nothing points to it before it has been approved. */
export const store: Stage = async ({ job, parts, signal }) => {
  const agent = needed(madeAgentOf(job.stages), 'agent');
  return unasked({ output: await parts.writer.write(job, agent, manifestOf(job), signal) });
};
