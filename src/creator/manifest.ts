import { codeReviewSchema, planReviewSchema } from './artefacts.js';
import type { CreatorJob, StageRecord } from './job.js';
import { lastDone, outputOf } from './made.js';
import { judgedEvidenceSchema } from './pipeline.js';
import { addUsage, NO_USAGE } from './usage.js';

/**
 * What stands beside the files of a version: what they were made from, by what, and what was said of them. The same however
 * often it is written for one job.
 */
export function manifestOf(job: CreatorJob): Readonly<Record<string, unknown>> {
  const done = job.stages.filter(({ state, stage }) => state === 'done' && stage !== 'store');
  const planReview = outputOf(lastDone(done, 'review-plan'), planReviewSchema);
  const codeReview = outputOf(lastDone(done, 'review-code'), codeReviewSchema);
  const evidence = outputOf(lastDone(done, 'rehearse'), judgedEvidenceSchema);
  return {
    jobId: job.id,
    agentId: job.agentId,
    version: job.version,
    owner: job.owner,
    createdAt: job.createdAt,
    createdBy: job.actor.name,
    sopSha256: job.sopSha256,
    stages: done.map(({ stage, round, modelId, promptVersion, findings }) => ({
      ...{ stage, round, modelId, promptVersion },
      findings: findings.map(({ rule }) => rule),
    })),
    verdicts: {
      plan: planReview?.approved ?? null,
      code: codeReview?.approved ?? null,
      codeQuality: codeReview?.qualityScore ?? null,
      checks: { code: isClean(done, 'check-code'), prompt: isClean(done, 'check-prompt') },
    },
    rehearsals: evidence?.results.map(({ title, how, passed }) => ({ title, how, passed })) ?? [],
    coverage: Object.fromEntries(evidence?.coverage.map(({ clauseId, state }) => [clauseId, state]) ?? []),
    usage: done.map(({ usage }) => usage).reduce(addUsage, NO_USAGE),
  };
}

function isClean(done: readonly StageRecord[], stage: 'check-code' | 'check-prompt'): boolean {
  return lastDone(done, stage)?.findings.length === 0;
}
