import { z } from 'zod';
import {
  type AgentCode,
  type AgentPlan,
  type AgentPrompt,
  agentCodeSchema,
  agentPromptSchema,
  type CodeReview,
  codeReviewSchema,
  type Finding,
  type PlanReview,
  parsedSopSchema,
  planReviewSchema,
  planSchema,
  type Requirements,
  type Scenario,
  scenariosSchema,
  type VoicePersonality,
  voicePersonalitySchema,
} from './artefacts.js';
import type { StageName, StageRecord } from './job.js';
import type { MadeAgent } from './ports.js';

/** The requirements as they are kept: the parser's, with the clauses named. */
export const requirementsSchema: z.ZodType<Requirements> = parsedSopSchema.extend({
  clauses: z.array(parsedSopSchema.shape.clauses.element.extend({ id: z.string() })).min(1),
});

/** What the meta-agent makes in one stage. */
export const metaAnswerSchema = z.object({ code: agentCodeSchema, prompt: agentPromptSchema });

/** The latest of each artefact, and what was last held against it. */
export interface Made {
  readonly requirements: Requirements | undefined;
  readonly voice: VoicePersonality | undefined;
  readonly plan: AgentPlan | undefined;
  /** Of the check, or of the review when the check found nothing. */
  readonly planObjections: Objections<PlanReview> | undefined;
  readonly planReview: PlanReview | undefined;
  readonly code: AgentCode | undefined;
  readonly codeObjections: Objections<CodeReview> | undefined;
  readonly codeReview: CodeReview | undefined;
  readonly prompt: AgentPrompt | undefined;
  readonly promptFindings: readonly Finding[];
  readonly scenarios: readonly Scenario[] | undefined;
}

export type Objections<Review> = { readonly findings: readonly Finding[] } | { readonly review: Review };

/** The last one of these stages that is done. */
export function lastDone(stages: readonly StageRecord[], ...names: StageName[]): StageRecord | undefined {
  return stages.findLast(({ stage, state }) => state === 'done' && names.includes(stage));
}

/** What a stage has made, when it is of the shape that it must have. */
export function outputOf<Value>(record: StageRecord | undefined, schema: z.ZodType<Value>): Value | undefined {
  if (record?.state !== 'done') return undefined;
  const parsed = schema.safeParse(record.output);
  return parsed.success ? parsed.data : undefined;
}

/** All that the finished stages have made. */
export function madeBy(stages: readonly StageRecord[]): Made {
  const latest = <Value>(stage: StageName, schema: z.ZodType<Value>) => outputOf(lastDone(stages, stage), schema);
  const meta = latest('meta-agent', metaAnswerSchema);
  return {
    requirements: latest('parse-sop', requirementsSchema),
    voice: latest('parse-voice', voicePersonalitySchema),
    plan: latest('draft-plan', planSchema),
    planObjections: objectionsOf(lastDone(stages, 'draft-plan', 'review-plan'), planReviewSchema),
    planReview: latest('review-plan', planReviewSchema),
    code: meta?.code ?? latest('write-code', agentCodeSchema),
    codeObjections: objectionsOf(lastDone(stages, 'check-code', 'review-code'), codeReviewSchema),
    codeReview: latest('review-code', codeReviewSchema),
    prompt: meta?.prompt ?? latest('write-prompt', agentPromptSchema),
    promptFindings: lastDone(stages, 'check-prompt')?.findings ?? [],
    scenarios: latest('write-scenarios', scenariosSchema)?.scenarios,
  };
}

/** The agent, once every part of it is there. */
export function madeAgentOf(stages: readonly StageRecord[]): MadeAgent | undefined {
  const { requirements, voice, plan, code, prompt } = madeBy(stages);
  return requirements && voice && code && prompt ? { requirements, voice, plan, code, prompt } : undefined;
}

function objectionsOf<Review>(
  record: StageRecord | undefined,
  schema: z.ZodType<Review>,
): Objections<Review> | undefined {
  if (record === undefined) return undefined;
  if (record.findings.length > 0) return { findings: record.findings };
  const review = outputOf(record, schema);
  return review && { review };
}
