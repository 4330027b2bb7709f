import { z } from 'zod';
import type { Evidence, Requirements, ScenarioResult } from './artefacts.js';
import { coverageOf } from './coverage.js';
import type { CreatorJob, JobInput, StageRecord } from './job.js';
import { lastDone, outputOf, requirementsSchema } from './made.js';

const HOWS = ['text', 'phone'] as const;

const resultSchema = z.object({
  title: z.string(),
  how: z.enum(HOWS),
  passed: z.boolean(),
  checks: z.array(
    z.object({
      clauseId: z.string(),
      must: z.boolean(),
      kind: z.enum(['says', 'calls-tool', 'hands-off', 'means']),
      value: z.string(),
      passed: z.boolean(),
      detail: z.string(),
    }),
  ),
  transcript: z.array(
    z.object({
      role: z.enum(['caller', 'agent']),
      text: z.string(),
      toolCalls: z.array(z.object({ name: z.string(), input: z.unknown(), output: z.unknown() })).exactOptional(),
    }),
  ),
  error: z.string().exactOptional(),
  durationMs: z.number(),
});

/** Evidence as the API shows it. */
export const evidenceSchema = z.object({
  had: z.array(z.enum(HOWS)).describe('How the agent was rehearsed: in writing, on the telephone.'),
  results: z.array(resultSchema),
  coverage: z
    .array(
      z.object({
        clauseId: z.string(),
        quote: z.string(),
        state: z.enum(['covered', 'failed', 'not-rehearsed']),
        scenarios: z.array(z.string()).describe('Titles of the scenarios that looked for it.'),
      }),
    )
    .describe('Clause by clause, in the order of the procedure.'),
  limits: z.array(z.string()).describe('In words, what these rehearsals cannot show.'),
});

/** What rehearsals have shown: how the agent was rehearsed, scenario by scenario, and clause by clause. */
export function evidenceOf(requirements: Pick<Requirements, 'clauses'>, results: readonly ScenarioResult[]): Evidence {
  return {
    had: HOWS.filter((how) => results.some((result) => result.how === how)),
    results,
    coverage: coverageOf(requirements, results),
  };
}

/** What a job's stages have shown so far; undefined until the procedure has been read. */
export function evidenceIn({
  stages,
  input,
}: Pick<CreatorJob, 'stages'> & { readonly input: Pick<JobInput, 'knowledgeBaseId'> }):
  | z.output<typeof evidenceSchema>
  | undefined {
  const requirements = outputOf(lastDone(stages, 'parse-sop'), requirementsSchema);
  const rehearsed = outputOf(lastDone(stages, 'rehearse'), z.object({ results: z.array(resultSchema) }));
  if (!requirements) return undefined;
  const evidence = evidenceOf(requirements, rehearsed?.results ?? []);
  const limits = limitsOf(stages, evidence.had, input.knowledgeBaseId !== undefined);
  return evidenceSchema.parse({ ...evidence, limits });
}

const WITHOUT_OWN_TOOLS =
  'A pre-deployed AgentCreator has made this agent, and its answer names no tools: the agent is rehearsed without its own, ' +
  'by its prompts and with what every agent has. Whether its program does what it should, no rehearsal shows.';

const IN_WRITING =
  'Rehearsals in writing ask a model with the prompts of the agent, and its tools answer that what was asked is done: ' +
  'its program does not run there.';
const ON_TELEPHONE =
  'On the telephone at most four scenarios are played, of each kind of clause one, and only those in which the caller says ' +
  'one line and words or a meaning are expected: what the program answers is heard there, not what it does.';
const WITHOUT_DOCUMENTS =
  'The knowledge base answers no passages in rehearsals: what the agent has to look up there, no rehearsal shows.';

function limitsOf(stages: readonly StageRecord[], how: readonly string[], hasDocuments: boolean): string[] {
  return [
    ...(lastDone(stages, 'meta-agent') ? [WITHOUT_OWN_TOOLS] : []),
    ...(how.includes('text') ? [IN_WRITING] : []),
    ...(how.includes('phone') ? [ON_TELEPHONE] : []),
    ...(how.length > 0 && hasDocuments ? [WITHOUT_DOCUMENTS] : []),
  ];
}
