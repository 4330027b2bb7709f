import { type Finding, parsedSopSchema, type Requirements } from '../artefacts.js';
import { findingsOfReading, requirementsOf } from '../clauses.js';
import { personFor } from '../handoff.js';
import type { CreatorJob } from '../job.js';
import { requirementsSchema } from '../made.js';
import { parseSopPrompt } from '../prompts/parse-sop.js';
import { PERSON_MISSING } from '../words.js';
import { asked, type Stage } from './stage.js';

/** Of the answer, which quotes the procedure and sums it up: what Amazon Nova Pro writes at once, with 10,000 tokens. */
const READ_AT_ONCE = 20_000;

const read = asked({
  prompt: parseSopPrompt,
  tool: { name: 'submit_requirements', description: 'Gives the procedure in clauses.' },
  schema: () => parsedSopSchema,
  documents: ({ job }) => [{ name: 'sop', body: job.input.sop }],
  ifTooLong: ({ job }) =>
    `Split the procedure into several, each for an agent of its own, or shorten it: it has ${grouped(job.input.sop.length)} ` +
    `characters, and some ${grouped(READ_AT_ONCE)} are what a model can take apart in one answer.`,
  verify: (parsed, { job }) => findingsOfReading(job.input.sop, parsed),
  output: (parsed, { job }) => requirementsOf(job.input.sop, parsed),
});

/** From the procedure to its clauses. A procedure that passes calls on needs a person: that is no fault of the reading. */
export const parseSop: Stage = async (context) => {
  const result = await read(context);
  return {
    ...result,
    findings: [...result.findings, ...missingPerson(requirementsSchema.parse(result.output), context.job)],
  };
};

function missingPerson(requirements: Requirements, { input }: CreatorJob): Finding[] {
  const escalation = requirements.clauses.find(({ kind }) => kind === 'escalation');
  if (!escalation || personFor(input, requirements) !== undefined) return [];
  const told = input.humanHandoffDescription === undefined ? 'is missing' : 'names none either';
  const message =
    `The procedure has calls passed on to a person ("${escalation.quote}") and names no number; ` +
    `the description of the hand-off ${told}: give one with a number in international form (+1…).`;
  return [{ file: 'sop', rule: PERSON_MISSING, line: null, message }];
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
