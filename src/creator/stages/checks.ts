import type { ScenarioResult } from '../artefacts.js';
import { evidenceOf } from '../evidence.js';
import { madeAgentOf } from '../made.js';
import { addUsage, NO_USAGE } from '../usage.js';
import { needed, type Stage, unasked } from './stage.js';

/** What no model can talk away about the program. */
export const checkCode: Stage = async ({ made, parts }) => {
  const findings = await parts.gates.checkCode(needed(made.code, 'code'), made.plan);
  return unasked({ output: { accepted: findings.length === 0 }, findings });
};

/** The same about the prompts. */
export const checkPrompt: Stage = async ({ made, parts }) => {
  const prompt = needed(made.prompt, 'prompt');
  const findings = parts.gates.checkPrompt(prompt, needed(made.requirements, 'requirements'));
  return unasked({ output: { accepted: findings.length === 0 }, findings });
};

/** Plays every scenario in every way that there is. */
export const rehearse: Stage = async ({ job, made, parts, signal }) => {
  const agent = needed(madeAgentOf(job.stages), 'agent');
  const scenarios = needed(made.scenarios, 'scenarios');
  const results: ScenarioResult[] = [];
  let usage = NO_USAGE;
  for (const rehearsal of parts.rehearsals) {
    const played = await rehearsal.run(job, agent, scenarios, signal);
    results.push(...played.results);
    usage = addUsage(usage, played.usage);
  }
  return unasked({ output: evidenceOf(agent.requirements, results), usage });
};
