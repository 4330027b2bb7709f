import type { Actor } from '../access/actor.js';
import { BridgeError } from '../errors.js';
import type { Ids } from '../ids.js';
import type { JobHandler } from '../jobs/runner.js';
import { numberIn } from './handoff.js';
import { checkedInput } from './intake.js';
import type { CreatorJob, JobInput, JobState } from './job.js';
import { creatorHandler, type HandlerOptions } from './runner.js';

export interface CreatorOptions extends HandlerOptions {
  /** Of an agent of the directory; undefined for one that is not there. */
  readonly latestVersion: (agentId: string) => Promise<number | undefined>;
  /** Whom callers of that number get when no agent can answer it, E.164. */
  readonly fallbackOf?: ((number: string) => string | undefined) | undefined;
  readonly ids: Ids;
}

export interface CreatorPipeline {
  /** For the queue, under the kind `CREATOR_JOB`. */
  readonly handler: JobHandler;
  /**
   * Checks the input and enters the job. `owner` is the first part of the keys in the bucket. Rejects with
   * REQUEST_INVALID (`errors` name the fields), or NOT_FOUND for an `agentId` that is not in the directory.
   */
  start(input: JobInput, actor: Actor, owner: string): Promise<CreatorJob>;
  /** Ends it wherever it has got to, up to its approval. Rejects with NOT_FOUND, or CONFLICT when it is over already. */
  cancel(id: string, actor: Actor): Promise<CreatorJob>;
  /**
   * Lets a job that has failed go on at the stage that failed; what is finished stays. Rejects with NOT_FOUND, or CONFLICT
   * when it has not failed: of two at once one is told.
   */
  retry(id: string, actor: Actor): Promise<CreatorJob>;
}

/** Before anything was published, and not over. */
const CANCELLABLE: readonly JobState[] = ['queued', 'running', 'awaiting_approval', 'needs_attention'];

/** AgentCreator from a written procedure to a written agent that waits for approval. */
export function creatorPipeline(options: CreatorOptions): CreatorPipeline {
  const { jobs, latestVersion, fallbackOf, clock, ids } = options;

  const found = async (id: string): Promise<CreatorJob> => {
    const job = await jobs.find(id);
    if (!job) throw new BridgeError('NOT_FOUND', `There is no creator job ${id}.`);
    return job;
  };

  return {
    handler: creatorHandler(options),

    async start(given, actor, owner) {
      const { input: own, sopSha256 } = checkedInput(given);
      const input = withPerson(own, own.number === undefined ? undefined : fallbackOf?.(own.number));
      const baseVersion = input.agentId === undefined ? null : await latestVersion(input.agentId);
      if (baseVersion === undefined) throw new BridgeError('NOT_FOUND', `There is no agent ${input.agentId}.`);
      return jobs.create({
        id: ids.uuid(),
        input,
        sopSha256,
        actor,
        owner,
        agentId: input.agentId ?? ids.short('agent'),
        baseVersion,
        createdAt: new Date(clock.now()).toISOString(),
      });
    },

    async cancel(id, actor) {
      const { state } = await found(id);
      const isCancelled = await jobs.move(id, CANCELLABLE, 'cancelled', { reason: `Cancelled by ${actor.name}.` });
      if (!isCancelled) throw new BridgeError('CONFLICT', `The creator job ${id} is ${state.replace('_', ' ')}.`);
      return found(id);
    },

    async retry(id, actor) {
      const isRetried = await jobs.retry(id, actor);
      const job = await found(id);
      if (isRetried) return job;
      const words = `The creator job ${id} is ${job.state.replace('_', ' ')}`;
      throw new BridgeError('CONFLICT', `${words}: only a job that has failed can go on.`);
    },
  };
}

/** A hand-off that is described without a number goes where the number's calls go that no agent can answer. */
function withPerson(input: JobInput, fallback: string | undefined): JobInput {
  const { humanHandoffDescription } = input;
  if (humanHandoffDescription === undefined || fallback === undefined || numberIn(humanHandoffDescription))
    return input;
  return { ...input, humanHandoffDescription: `${humanHandoffDescription.trimEnd()} (${fallback})` };
}
