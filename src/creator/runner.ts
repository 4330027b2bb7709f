import type { Clock } from '../clock.js';
import { pause } from '../clock.js';
import { BridgeError } from '../errors.js';
import type { JobHandler } from '../jobs/runner.js';
import type { Logger } from '../log.js';
import { stageFailureOf } from './failure.js';
import type { CreatorJob, CreatorJobs, StageName, StageRecord } from './job.js';
import { madeBy } from './made.js';
import { next, type Step, type Way } from './pipeline.js';
import type { StageParts } from './stages/stage.js';
import { stageTable } from './stages/table.js';
import { NO_USAGE } from './usage.js';
import { watchJob } from './watch.js';
import { doing } from './words.js';

export interface HandlerOptions extends StageParts {
  readonly jobs: CreatorJobs;
  readonly clock: Clock;
  readonly log: Logger;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** How long nobody goes on with the job of an instance that was killed. */
const LEASE_MS = 30 * SECOND_MS;
/** More than a stage is tried: a job is also claimed again whenever an instance was stopped or killed. */
const DELAYS_MS = [5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, ...Array.from({ length: 30 }, () => 5 * MINUTE_MS)];
/** Models and gates take memory, and other jobs need the room. */
const AT_ONCE = 2;
/** A stage that is not done by then is broken off: models may write without end. */
const STAGE_LIMIT_MS = 10 * MINUTE_MS;
/** Sixty calls, in writing and on the telephone. */
const REHEARSAL_LIMIT_MS = 40 * MINUTE_MS;
const KEEP_AGAIN_MS = SECOND_MS;

/**
 * Carries a job on from the stage that it has reached, one stage after the other, until it has come to an end. Rejects when
 * a stage failed for a reason that passes: the queue tries again later. Payload: `{ jobId }`.
 */
export function creatorHandler(options: HandlerOptions): JobHandler {
  const { jobs, clock, log, ...parts } = options;
  const way: Way = options.metaAgent ? 'meta-agent' : 'pipeline';

  /** What came of a stage was paid for: it is kept as soon as that is possible, as long as the job is ours. */
  const keep = async (jobId: string, record: StageRecord, signal: AbortSignal): Promise<void> => {
    for (;;) {
      try {
        await jobs.endStage(jobId, record);
        return;
      } catch (error) {
        if (signal.aborted || !(error instanceof BridgeError && error.code === 'STORE_UNAVAILABLE')) throw error;
        await pause(clock, KEEP_AGAIN_MS, signal);
      }
    }
  };

  /** Runs a stage that has been begun; the record of what came of it, or undefined when another will run it again. */
  const runStage = async (
    job: CreatorJob,
    begun: StageRecord,
    signal: AbortSignal,
    over: AbortSignal,
  ): Promise<StageRecord | undefined> => {
    const { stage, round } = begun;
    const limitMs = stage === 'rehearse' ? REHEARSAL_LIMIT_MS : STAGE_LIMIT_MS;
    const limit = new AbortController();
    const cancelLimit = clock.after(limitMs, () => limit.abort(new Error(`not done after ${limitMs} ms`)));
    const ended = () => ({ ...begun, endedAt: timeOf(clock) });
    try {
      const either = AbortSignal.any([signal, over, limit.signal]);
      const result = await stageTable[stage]({ job, made: madeBy(job.stages), round, parts, signal: either });
      return { ...ended(), state: 'done', ...result };
    } catch (error) {
      if (signal.aborted) return undefined;
      const failure = stageFailureOf(error);
      const { usage, repairs } = failure;
      const failed = { ...ended(), state: 'failed', usage, repairs } as const;
      if (over.aborted) return { ...failed, error: 'The job was ended meanwhile.', retryable: false };
      if (limit.signal.aborted) {
        return { ...failed, error: `There was no result after ${limitMs / MINUTE_MS} minutes.`, retryable: true };
      }
      const { words, retryable } = failure;
      if (!(error instanceof BridgeError))
        log.error({ err: error, creatorJobId: job.id, stage }, 'creator stage broke');
      return { ...failed, error: words, retryable };
    } finally {
      cancelLimit();
    }
  };

  /** One stage, or the end of the job. False when there is nothing more to do. */
  const advance = async (jobId: string, signal: AbortSignal, over: AbortSignal): Promise<boolean> => {
    const job = await jobs.find(jobId);
    if (job?.state !== 'running') return false;
    const step = next(job.stages, way);
    if ('state' in step) {
      await end(job, step);
      return false;
    }
    const record = begunRecord(job, step, timeOf(clock));
    // Another one has begun it, or the job was ended: to be looked at again.
    if (!(await jobs.beginStage(jobId, record))) return true;
    const fields = { creatorJobId: jobId, stage: step.run, round: step.round };
    log.info(fields, 'creator stage begins');
    const kept = await runStage(job, record, signal, over);
    if (!kept) throw signal.reason;
    await keep(jobId, kept, signal);
    const { state, error, findings, usage, repairs } = kept;
    log.info({ ...fields, state, error, findings: findings.length, ...usage, repairs }, 'creator stage ended');
    signal.throwIfAborted();
    const isTriedAgain = state === 'failed' && 'run' in next([...job.stages.filter(isOther(kept)), kept], way);
    if (isTriedAgain && !over.aborted) {
      throw new BridgeError('TOOL_FAILED', `${doing(step.run)} failed and is tried again: ${error}`);
    }
    return true;
  };

  const end = async (job: CreatorJob, { state, reason }: Extract<Step, { state: unknown }>): Promise<void> => {
    const isMoved = await jobs.move(job.id, ['running'], state, { reason });
    if (isMoved) log.info({ creatorJobId: job.id, state, reason }, 'creator job has come to an end');
  };

  return {
    leaseMs: LEASE_MS,
    isExtended: true,
    delaysMs: DELAYS_MS,
    atOnce: AT_ONCE,

    async run({ jobId }, signal) {
      if (typeof jobId !== 'string') return;
      await jobs.move(jobId, ['queued'], 'running');
      const watch = watchJob({ jobs, jobId, clock });
      try {
        while (await advance(jobId, signal, watch.over)) signal.throwIfAborted();
      } finally {
        watch.close();
      }
    },
  };
}

/** The stage as the next record of the job, or as the one that was broken off. */
function begunRecord(
  { stages }: CreatorJob,
  { run, round }: { readonly run: StageName; readonly round: number },
  startedAt: string,
): StageRecord {
  const last = stages.at(-1);
  const seq = last?.state === 'running' ? last.seq : (last?.seq ?? 0) + 1;
  return {
    ...{ seq, stage: run, round, state: 'running', startedAt, endedAt: null },
    ...{ modelId: null, promptVersion: null, usage: NO_USAGE, repairs: 0 },
    ...{ output: null, findings: [], error: null },
  };
}

const isOther = (kept: StageRecord) => (record: StageRecord) => record.seq !== kept.seq;

function timeOf(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}
