import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { AgentPlan } from '../../../src/creator/artefacts.js';

/** A program of fixtures/creator/programs. */
export interface Sample {
  readonly name: string;
  readonly agentPy: string;
  readonly plan: AgentPlan | undefined;
  /** Rules that have to be among the findings. */
  readonly expected: readonly string[];
}

export const REQUIREMENTS_TXT = 'bedrock-agentcore==1.0.3\nboto3>=1.40.0\nstrands-agents>=1.10,<2\n';

const shortPlan = z.object({
  tools: z.array(z.string()).default([]),
  awsServices: z.array(z.string()).default([]),
  environment: z.array(z.string()).default([]),
});

/** A plan of which only the names matter. */
export function planWith(names: z.input<typeof shortPlan>): AgentPlan {
  const { tools, awsServices, environment } = shortPlan.parse(names);
  return {
    agentName: 'Agent',
    description: 'An agent.',
    tools: tools.map((name) => ({ name, description: name, parameters: [], clauseIds: [] })),
    handling: [],
    escalations: [],
    awsServices,
    environment,
  };
}

/** The folder's programs; `# expect: rule, rule` and `# plan: {…}` stand in comments at the top. */
export function samples(folder: 'good' | 'bad'): Sample[] {
  const path = fileURLToPath(new URL(`../../../fixtures/creator/programs/${folder}/`, import.meta.url));
  return readdirSync(path)
    .sort()
    .map((name) => {
      const agentPy = readFileSync(`${path}${name}`, 'utf8');
      const [, expected = ''] = /^# expect: (.*)$/m.exec(agentPy) ?? [];
      const [, plan] = /^# plan: (.*)$/m.exec(agentPy) ?? [];
      return {
        name,
        agentPy,
        plan: plan === undefined ? undefined : planWith(shortPlan.parse(JSON.parse(plan))),
        expected: expected.split(', ').filter((rule) => rule !== ''),
      };
    });
}
