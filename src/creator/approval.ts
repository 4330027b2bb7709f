import { z } from 'zod';
import { type Actor, BRIDGE_ACTOR } from '../access/actor.js';
import type { AuditTrail } from '../access/audit.js';
import { type Clock, pause } from '../clock.js';
import { BridgeError, messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import type { WrittenAgent } from './artefacts.js';
import type { CreatorJob, CreatorJobs, JobState } from './job.js';
import { lastDone, madeAgentOf, outputOf } from './made.js';
import { isFinal, type PublishingOptions, publishAgent } from './publishing.js';

export interface ApprovalOptions extends PublishingOptions {
  readonly jobs: Pick<CreatorJobs, 'find' | 'move'>;
  /** Has `publish` called with the id, on whichever instance, until it resolves; once for each key. */
  readonly enqueue: (jobId: string, key: string) => Promise<void>;
  readonly audit: Pick<AuditTrail, 'keep'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Approval {
  /** Lets the agent be published. NOT_FOUND; CONFLICT, in words, when it is not there to be approved: of two one is told. */
  approve(id: string, actor: Actor): Promise<CreatorJob>;
  /** Publishes an approved agent; rejects only when it has to be tried again. */
  publish(id: string, signal: AbortSignal): Promise<void>;
}

const writtenSchema: z.ZodType<WrittenAgent> = z.object({
  bucket: z.string(),
  prefix: z.string(),
  files: z.record(z.string(), z.string()),
});

const STATES_IN_WORDS: Readonly<Record<JobState, string>> = {
  queued: 'has not begun yet',
  running: 'is still at work',
  awaiting_approval: 'waits for its approval',
  publishing: 'has been approved already and is being published',
  published: 'has been approved and published already',
  needs_attention: 'has made nothing that can be approved: its reason says why',
  failed: 'has failed: its reason says why',
  cancelled: 'was cancelled',
};

/** Between the entry in the queue and the job's next state lies one request of the database. */
const LOOK_MS = 50;
const MAX_LOOKS = 100;

/** The way from an agent that waits for approval to one that answers. */
export function creatorApproval(options: ApprovalOptions): Approval {
  const { jobs, enqueue, audit, clock, log } = options;

  const found = async (id: string): Promise<CreatorJob> => {
    const job = await jobs.find(id);
    if (!job) throw new BridgeError('NOT_FOUND', `There is no creator job ${id}.`);
    return job;
  };

  /** The job once it is approved; undefined when it never comes to that. */
  const approved = async (id: string, signal: AbortSignal): Promise<CreatorJob | undefined> => {
    for (let look = 0; look < MAX_LOOKS; look++) {
      const job = await jobs.find(id);
      if (job?.state !== 'awaiting_approval') return job?.state === 'publishing' ? job : undefined;
      await pause(clock, LOOK_MS, signal);
      signal.throwIfAborted();
    }
    throw new BridgeError('CONFLICT', `The creator job ${id} has not been approved after all.`);
  };

  const giveBack = async (job: CreatorJob, error: unknown): Promise<void> => {
    const words = messageOf(error);
    const to = isFinal(error) ? 'needs_attention' : 'awaiting_approval';
    const standing = error instanceof BridgeError ? error.details.standing : undefined;
    const reason = [words, ...(typeof standing === 'string' ? [standing] : ['Nothing was published.'])].join(' ');
    log.warn(
      { jobId: job.id, code: error instanceof BridgeError ? error.code : 'INTERNAL', reason: words },
      'an approved agent could not be published',
    );
    if (!(await jobs.move(job.id, ['publishing'], to, { reason }))) return;
    const entry = { before: { state: 'publishing' }, after: { state: to, reason } };
    await audit.keep({ action: 'creator-job.not-published', subject: `creator-job/${job.id}`, ...entry }, BRIDGE_ACTOR);
  };

  return {
    async approve(id, actor) {
      const job = await found(id);
      if (job.state !== 'awaiting_approval') throw notNow(job);
      // Before: else a crash in between would leave it approved and nobody at work. Two at once enter it once.
      await enqueue(id, `${id} ${job.updatedAt}`);
      if (!(await jobs.move(id, ['awaiting_approval'], 'publishing', { approvedBy: actor, reason: null }))) {
        throw notNow(await found(id));
      }
      const entry = { before: { state: job.state }, after: { state: 'publishing' } };
      await audit.keep({ action: 'creator-job.approved', subject: `creator-job/${id}`, ...entry }, actor);
      return found(id);
    },

    async publish(id, signal) {
      const job = await approved(id, signal);
      if (!job) return;
      const actor = job.approvedBy ?? BRIDGE_ACTOR;
      try {
        const agent = madeAgentOf(job.stages);
        const written = outputOf(lastDone(job.stages, 'store'), writtenSchema);
        if (!agent || !written) {
          throw new BridgeError('INTERNAL', 'What its stages have made is not complete: start a new job.', {
            isFinal: true,
          });
        }
        const published = await publishAgent({ job, agent, written, actor }, options, signal);
        if (!(await jobs.move(id, ['publishing'], 'published', { published, reason: null }))) return;
        const after = { agentId: job.agentId, ...published };
        await audit.keep({ action: 'creator-job.published', subject: `creator-job/${id}`, before: null, after }, actor);
      } catch (error) {
        // The instance stops, or the database is away: another attempt goes on where this one was.
        if (signal.aborted || (error instanceof BridgeError && error.code === 'STORE_UNAVAILABLE')) throw error;
        await giveBack(job, error);
      }
    },
  };
}

function notNow({ id, state }: CreatorJob): BridgeError {
  return new BridgeError('CONFLICT', `The creator job ${id} ${STATES_IN_WORDS[state]}.`, { state });
}
