import { parsedSopSchema } from '../artefacts.js';
import { findingsOfReading, requirementsOf } from '../clauses.js';
import { parseSopPrompt } from '../prompts/parse-sop.js';
import { asked } from './stage.js';

/** From the procedure to its clauses. */
export const parseSop = asked({
  prompt: parseSopPrompt,
  tool: { name: 'submit_requirements', description: 'Gives the procedure in clauses.' },
  schema: () => parsedSopSchema,
  documents: ({ job }) => [{ name: 'sop', body: job.input.sop }],
  verify: (parsed, { job }) => findingsOfReading(job.input.sop, parsed),
  output: (parsed, { job }) => requirementsOf(job.input.sop, parsed),
});
