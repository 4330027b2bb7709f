import { z } from 'zod';
import { codeReviewSchema, planReviewSchema } from './artefacts.js';
import type { JobState, StageName, StageRecord } from './job.js';
import { lastDone, outputOf, requirementsSchema } from './made.js';
import {
  wordsOfEvidence,
  wordsOfFailure,
  wordsOfFindings,
  wordsOfReading,
  wordsOfReview,
  wordsOfUnproven,
} from './words.js';

/** Whether our own stages make plan, code and prompt, or a pre-deployed AgentCreator does. */
export type Way = 'pipeline' | 'meta-agent';

/** What comes next: a stage, or an end with its reason. */
export type Step =
  | { readonly run: StageName; readonly round: number }
  | {
      readonly state: Extract<JobState, 'awaiting_approval' | 'needs_attention' | 'failed'>;
      readonly reason: string | null;
    };

export const MAX_ROUNDS = 3;
/** How often a stage is begun whose reason to fail passes. */
export const MAX_TRIES = 4;

/** Stages that have to be done, each after those before it, before anybody may approve. */
const CHAIN: Readonly<Record<Way, readonly StageName[]>> = {
  pipeline: [
    ...['parse-sop', 'parse-voice', 'draft-plan', 'review-plan', 'write-code', 'check-code', 'review-code'],
    ...['write-prompt', 'check-prompt', 'write-scenarios', 'rehearse'],
  ] as StageName[],
  'meta-agent': [
    ...['parse-sop', 'parse-voice', 'meta-agent', 'check-code', 'check-prompt', 'write-scenarios', 'rehearse'],
  ] as StageName[],
};

/** As much of the evidence as the decision needs. */
export const judgedEvidenceSchema = z.object({
  results: z.array(
    z.object({
      title: z.string(),
      how: z.enum(['text', 'phone']),
      passed: z.boolean(),
      error: z.string().optional(),
      checks: z.array(z.object({ passed: z.boolean(), detail: z.string() })),
    }),
  ),
  coverage: z.array(
    z.object({ clauseId: z.string(), quote: z.string(), state: z.enum(['covered', 'failed', 'not-rehearsed']) }),
  ),
});

/**
 * Decides from the stages so far, in the order of their `seq`, and from nothing else. Whoever asks again after a restart gets
 * the same answer. Nothing is approved by silence: a review counts when it says `approved: true` and holds nothing against
 * its subject, a check when it has no findings.
 */
export function next(stages: readonly StageRecord[], configured: Way): Step {
  const last = stages.at(-1);
  if (!last) return { run: 'parse-sop', round: 1 };
  if (last.state === 'running') return { run: last.stage, round: last.round };
  if (last.state === 'failed') return afterFailure(stages, last);
  return afterStage(stages, last, wayOf(stages, configured));
}

/** A job goes on in the way it has begun, whatever has been configured meanwhile. */
export function wayOf(stages: readonly StageRecord[], configured: Way): Way {
  if (stages.some(({ stage }) => stage === 'meta-agent')) return 'meta-agent';
  return stages.some(({ stage }) => stage === 'draft-plan') ? 'pipeline' : configured;
}

function afterFailure(stages: readonly StageRecord[], last: StageRecord): Step {
  if (last.retried) return { run: last.stage, round: last.round };
  // Tries are counted anew from where somebody has let the job go on.
  const before = stages.findLastIndex(
    ({ stage, round, state, retried }) =>
      state !== 'failed' || retried !== undefined || stage !== last.stage || round !== last.round,
  );
  const tries = stages.length - 1 - before;
  if (last.retryable === true && tries < MAX_TRIES) return { run: last.stage, round: last.round };
  return { state: 'failed', reason: wordsOfFailure(last, tries) };
}

function afterStage(stages: readonly StageRecord[], last: StageRecord, way: Way): Step {
  const { stage, round, findings } = last;
  const isOurs = way === 'pipeline';
  switch (stage) {
    case 'parse-sop': {
      const reason = wordsOfReading(outputOf(last, requirementsSchema), findings);
      return reason === undefined ? first('parse-voice') : attention(reason);
    }
    case 'parse-voice':
      return findings.length > 0 ? attention(wordsOfFindings(last)) : first(isOurs ? 'draft-plan' : 'meta-agent');
    case 'draft-plan':
      return findings.length > 0 ? sendBack('draft-plan', last, wordsOfFindings(last)) : { run: 'review-plan', round };
    case 'review-plan':
      if (isApproved(last)) return first('write-code');
      return sendBack('draft-plan', last, wordsOfReview('plan', outputOf(last, planReviewSchema)));
    case 'meta-agent':
      return first('check-code');
    case 'write-code':
      return { run: 'check-code', round };
    case 'check-code':
      if (findings.length === 0) return isOurs ? { run: 'review-code', round } : first('check-prompt');
      return isOurs ? sendBack('write-code', last, wordsOfFindings(last)) : attention(wordsOfFindings(last));
    case 'review-code':
      if (isApproved(last)) return first('write-prompt');
      return sendBack('write-code', last, wordsOfReview('code', outputOf(last, codeReviewSchema)));
    case 'write-prompt':
      return { run: 'check-prompt', round };
    case 'check-prompt':
      if (findings.length === 0) return first('write-scenarios');
      return isOurs ? sendBack('write-prompt', last, wordsOfFindings(last)) : attention(wordsOfFindings(last));
    case 'write-scenarios':
      return findings.length > 0 ? attention(wordsOfFindings(last)) : first('rehearse');
    case 'rehearse':
      return ifProven(stages, way, first('store'));
    case 'store':
      if (findings.length > 0) return attention(wordsOfFindings(last));
      return ifProven(stages, way, { state: 'awaiting_approval', reason: null });
    default: {
      const unknown: never = stage;
      return attention(`The stage ${String(unknown)} is none that this version of the bridge knows.`);
    }
  }
}

function first(run: StageName): Step {
  return { run, round: 1 };
}

function attention(reason: string): Step {
  return { state: 'needs_attention', reason };
}

/** Once more with what is wrong, unless this was the last round. */
function sendBack(run: StageName, { round }: StageRecord, words: string): Step {
  return round < MAX_ROUNDS ? { run, round: round + 1 } : attention(words);
}

/** The rehearsals speak for the agent, and every stage before them has said yes, in their order. */
function ifProven(stages: readonly StageRecord[], way: Way, step: Step): Step {
  let seq = 0;
  for (const name of CHAIN[way]) {
    const record = lastDone(stages, name);
    if (!record || record.seq <= seq || record.findings.length > 0 || !isYes(record)) {
      return attention(wordsOfUnproven(name));
    }
    seq = record.seq;
  }
  const requirements = outputOf(lastDone(stages, 'parse-sop'), requirementsSchema);
  const evidence = outputOf(lastDone(stages, 'rehearse'), judgedEvidenceSchema);
  const reason = wordsOfEvidence(requirements, evidence);
  return reason === undefined ? step : attention(reason);
}

function isYes(record: StageRecord): boolean {
  const isReview = record.stage === 'review-plan' || record.stage === 'review-code';
  if (record.stage === 'parse-sop') return wordsOfReading(outputOf(record, requirementsSchema), []) === undefined;
  return !isReview || isApproved(record);
}

function isApproved(record: StageRecord): boolean {
  const review = outputOf<{ approved: boolean; issues: readonly unknown[] }>(
    record,
    record.stage === 'review-plan' ? planReviewSchema : codeReviewSchema,
  );
  return review?.approved === true && review.issues.length === 0 && record.findings.length === 0;
}
