import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { evidenceIn } from '../creator/evidence.js';
import type { CreatorJob, StageRecord } from '../creator/job.js';
import { madeBy } from '../creator/made.js';
import type { JobFile, jobSchema, jobSummarySchema } from './creator-schemas.js';

const LONGEST_TITLE = 120;

/** A job without what its stages have made: for lists and event streams. */
export function jobSummary(job: CreatorJob): z.output<typeof jobSummarySchema> {
  const { id, state, reason, agentId, version, baseVersion, actor, approvedBy, published, input, stages } = job;
  return {
    ...{ id, state, reason, title: titleOf(input.sop), agentId, version, baseVersion },
    ...{ number: input.number ?? null, canaryPercent: input.canaryPercent ?? null },
    ...{ actor, approvedBy, published, createdAt: job.createdAt, updatedAt: job.updatedAt },
    stages: stages.map(stageSummary),
    usage: {
      inputTokens: stages.reduce((sum, { usage }) => sum + usage.inputTokens, 0),
      outputTokens: stages.reduce((sum, { usage }) => sum + usage.outputTokens, 0),
    },
  };
}

/** The whole job, with what has been shown of it so far. */
export function wholeJob(job: CreatorJob): z.output<typeof jobSchema> {
  const { input, sopSha256, owner, stages } = job;
  return {
    ...jobSummary(job),
    ...{ input, sopSha256, owner },
    stages: stages.map((stage) => ({
      ...stageSummary(stage),
      promptVersion: stage.promptVersion,
      output: stage.output ?? null,
    })),
    evidence: evidenceIn(job) ?? null,
  };
}

/** The file as the job's stages have made it last; undefined before. */
export function fileOf({ input, stages }: CreatorJob, name: JobFile): string | undefined {
  if (name === 'sop.md') return input.sop;
  const { code, prompt } = madeBy(stages);
  switch (name) {
    case 'agent.py':
      return code?.agentPy;
    case 'requirements.txt':
      return code?.requirementsTxt;
    case 'full_prompt.md':
      return prompt?.fullPrompt;
    case 'voice_prompt.md':
      return prompt?.voicePrompt;
  }
}

/** Another one with every change of the job. */
export function jobEtag({ state, updatedAt, stages }: CreatorJob): string {
  const { seq = 0, state: stageState = '' } = stages.at(-1) ?? {};
  return `"${createHash('sha256').update(`${state} ${updatedAt} ${seq} ${stageState}`).digest('hex').slice(0, 16)}"`;
}

function stageSummary(stage: StageRecord): z.output<typeof jobSummarySchema>['stages'][number] {
  const { seq, stage: name, round, state, startedAt, endedAt, modelId, usage, repairs, findings, error } = stage;
  return {
    ...{ seq, stage: name, round, state, startedAt, endedAt, modelId, usage, repairs, error },
    findings: findings.map(({ file, rule, line, message }) => ({ file, rule, line, message })),
  };
}

function titleOf(sop: string): string {
  const first = sop.split('\n').find((line) => /\p{L}|\p{N}/u.test(line)) ?? '';
  return first
    .replace(/^[\s#*=>-]+/, '')
    .trim()
    .slice(0, LONGEST_TITLE);
}
