import { type AgentPlan, type Finding, planSchema, type Requirements } from '../artefacts.js';
import { jsonDocument } from '../documents.js';
import { draftPlanPrompt } from '../prompts/draft-plan.js';
import { objectionDocuments, surroundings } from './context-documents.js';
import { asked, needed } from './stage.js';

/** How the agent is to work, clause by clause. */
export const draftPlan = asked({
  prompt: draftPlanPrompt,
  tool: { name: 'submit_plan', description: 'Gives the plan of the agent.' },
  schema: () => planSchema,
  documents: ({ job, made, round }) => [
    jsonDocument('requirements', needed(made.requirements, 'requirements')),
    jsonDocument('voice', needed(made.voice, 'voice')),
    ...surroundings(job),
    ...(round === 1
      ? []
      : [jsonDocument('plan', needed(made.plan, 'plan')), ...objectionDocuments('plan-review', made.planObjections)]),
  ],
  verify: (plan, { made }) => findingsOfPlan(plan, needed(made.requirements, 'requirements')),
});

/** What no reviewer is needed for: that nothing is left out, named twice or made up. */
export function findingsOfPlan(plan: AgentPlan, { clauses }: Requirements): Finding[] {
  const known = new Set(clauses.map(({ id }) => id));
  const handled = new Set(plan.handling.map(({ clauseId }) => clauseId));
  const escalated = new Set(plan.escalations.map(({ clauseId }) => clauseId));
  const named = [...plan.tools.flatMap(({ clauseIds }) => clauseIds), ...handled, ...escalated];
  const parameters = plan.tools.flatMap(({ name, parameters }) =>
    repeated(parameters.map((parameter) => parameter.name)).map((parameter) => `${name}.${parameter}`),
  );
  return [
    ...[...new Set(named)]
      .filter((id) => !known.has(id))
      .map((id) => finding('clause-unknown', `There is no clause ${id} in the requirements.`)),
    ...clauses
      .filter(({ id }) => !handled.has(id))
      .map(({ id, quote }) => finding('clause-not-handled', `The clause ${id} ("${quote}") has no entry in handling.`)),
    ...clauses
      .filter(({ id, kind }) => kind === 'escalation' && !escalated.has(id))
      .map(({ id, quote }) =>
        finding('escalation-missing', `The escalation ${id} ("${quote}") has no entry in escalations.`),
      ),
    ...repeated(plan.tools.map(({ name }) => name)).map((name) =>
      finding('tool-repeated', `There are two tools of the name ${name}.`),
    ),
    ...parameters.map((name) => finding('parameter-repeated', `There are two parameters ${name}.`)),
  ];
}

function finding(rule: string, message: string): Finding {
  return { file: 'plan', rule, line: null, message };
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
