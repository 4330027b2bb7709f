import { BridgeError } from '../errors.js';
import { type Ingestion, isOver } from '../knowledge/knowledge-base-shapes.js';
import type { JobQueue } from './queue.js';
import type { JobHandler } from './runner.js';

/** Kind of the job; its payload is `{ knowledgeBaseId, ingestionId }`. */
export const INGESTION_JOB = 'knowledge-ingestion';

const LEASE_MS = 60_000;
const DELAYS_MS = [5000, 30_000, 120_000, 600_000, 3_600_000];
const FIRST_LOOK_MS = 5000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Follows an ingestion of Bedrock to its end, and tells it. A look does not wait for the next one, which is a job of its
 * own: an ingestion may take hours, and other jobs need the room.
 */
export function ingestionJob(options: {
  find: (knowledgeBaseId: string, ingestionId: string, signal: AbortSignal) => Promise<Ingestion>;
  /** Once; after a crash between the two, once more. */
  ended: (knowledgeBaseId: string, ingestion: Ingestion) => Promise<void>;
  queue: Pick<JobQueue, 'enqueue'>;
}): JobHandler {
  const { find, ended, queue } = options;
  return {
    leaseMs: LEASE_MS,
    endsWithInstance: true,
    delaysMs: DELAYS_MS,

    async run(payload, signal) {
      const { knowledgeBaseId, ingestionId, look = 0 } = payload;
      if (typeof knowledgeBaseId !== 'string' || typeof ingestionId !== 'string' || typeof look !== 'number') return;
      const ingestion = await find(knowledgeBaseId, ingestionId, signal).catch((error: unknown) => {
        // The knowledge base or its source has been deleted meanwhile.
        if (error instanceof BridgeError && error.code === 'NOT_FOUND') return undefined;
        throw error;
      });
      if (!ingestion) return;
      if (isOver(ingestion)) {
        await ended(knowledgeBaseId, ingestion);
        return;
      }
      const next = look + 1;
      await queue.enqueue(
        INGESTION_JOB,
        { knowledgeBaseId, ingestionId, look: next },
        {
          delayMs: Math.min(LONGEST_PAUSE_MS, FIRST_LOOK_MS * 2 ** look),
          // Repeated after a crash, this look has no second successor.
          key: `${knowledgeBaseId}/${ingestionId}/${next}`,
        },
      );
    },
  };
}
