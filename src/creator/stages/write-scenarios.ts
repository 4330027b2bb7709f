import type { z } from 'zod';
import { type Clause, type Finding, scenariosSchema } from '../artefacts.js';
import { isShownBy } from '../coverage.js';
import { jsonDocument } from '../documents.js';
import { personFor } from '../handoff.js';
import type { CreatorJob } from '../job.js';
import type { Made } from '../made.js';
import { writeScenariosPrompt } from '../prompts/write-scenarios.js';
import { END_TOOL, KNOWLEDGE_TOOL, TRANSFER_TOOL } from '../rehearsal/tools.js';
import { surroundings } from './context-documents.js';
import { asked, needed } from './stage.js';

/** The calls by which the agent is rehearsed. */
export const writeScenarios = asked({
  prompt: writeScenariosPrompt,
  tool: { name: 'submit_scenarios', description: 'Gives the calls by which the agent is rehearsed.' },
  schema: () => scenariosSchema,
  documents: ({ job, made }) => [
    jsonDocument('requirements', needed(made.requirements, 'requirements')),
    ...(made.plan ? [jsonDocument('plan', made.plan)] : []),
    jsonDocument('prompt', needed(made.prompt, 'prompt')),
    ...surroundings(job),
  ],
  verify: (scenarios, { job, made }) => findingsOfScenarios(scenarios, job, made),
});

/** Expectations that nothing can meet, and clauses that no call would show to be followed. */
export function findingsOfScenarios(
  { scenarios }: z.infer<typeof scenariosSchema>,
  { input }: Pick<CreatorJob, 'input'>,
  made: Pick<Made, 'requirements' | 'plan'>,
): Finding[] {
  const requirements = needed(made.requirements, 'requirements');
  const { clauses } = requirements;
  const { plan } = made;
  const known = new Set(clauses.map(({ id }) => id));
  const hasPerson = personFor(input, requirements) !== undefined;
  const tools = new Set([
    ...(plan?.tools ?? []).map(({ name }) => name),
    ...[
      END_TOOL,
      ...(hasPerson ? [TRANSFER_TOOL] : []),
      ...(input.knowledgeBaseId === undefined ? [] : [KNOWLEDGE_TOOL]),
    ],
  ]);
  const expectations = scenarios.flatMap(({ title, must, mustNot }) => [
    ...must.map((expectation) => ({ ...expectation, must: true, title })),
    ...mustNot.map((expectation) => ({ ...expectation, must: false, title })),
  ]);
  // A tool that the agent does not have is never called: that shows nothing.
  const telling = expectations.filter(({ kind, value, must }) => must || kind !== 'calls-tool' || tools.has(value));
  return [
    ...expectations
      .filter(({ clauseId }) => !known.has(clauseId))
      .map(({ clauseId, title }) =>
        finding('clause-unknown', `"${title}": there is no clause ${clauseId} in the requirements.`),
      ),
    // What a meta-agent has programmed is not known here.
    ...expectations
      .filter(({ kind, value }) => plan && kind === 'calls-tool' && !tools.has(value))
      .map(({ value, title }) => finding('tool-unknown', `"${title}": the agent has no tool ${value}.`)),
    ...expectations
      .filter(({ kind }) => !hasPerson && kind === 'hands-off')
      .map(({ title }) =>
        finding('person-missing', `"${title}": there is nobody to whom the call could be passed on.`),
      ),
    ...clauses
      .filter(({ kind }) => kind !== 'information')
      .filter((clause) => !telling.some((expectation) => isShownBy(clause, expectation)))
      .map(({ id, quote, kind }) =>
        finding('clause-not-shown', `No scenario shows the ${kind} ${id} ("${quote}"): ${NEEDED[kind]}.`),
      ),
  ];
}

const TELLING_WORDS = 'words for "says" have to be those of the clause, else take "means"';
/** What shows that a clause is followed. */
const NEEDED: Readonly<Record<Clause['kind'], string>> = {
  escalation: 'it needs a call that meets the trigger, with "must" "hands-off"',
  prohibition: 'it needs a call that asks for it, with "mustNot", or with "must" "means" that it is refused',
  step: `it needs a "must" of what is done or said; ${TELLING_WORDS}`,
  rule: `it needs a "must" or a "mustNot" by which it could fail; ${TELLING_WORDS}`,
  information: `it needs a "must" of what is said; ${TELLING_WORDS}`,
};

function finding(rule: string, message: string): Finding {
  return { file: 'scenarios', rule, line: null, message };
}
