import { BRIDGE_ACTOR } from '../access/actor.js';
import type { Clock } from '../clock.js';
import { REMOVAL_JOB } from '../creator/job.js';
import type { LeftVersion } from '../creator/removal.js';
import { enterAudit } from './audit.js';
import type { Database } from './database.js';
import { enterJob } from './jobs.js';

const DAY_MS = 86_400_000;
/** Calls are kept as long as their number says; jobs belong to no number. */
export const CREATOR_JOB_DAYS = 90;
const JOBS_AT_ONCE = 1000;

/**
 * Deletes creator jobs that came to nothing and were not touched for that long, with all that their stages have made; an audit
 * entry for each run. What they have written to a bucket is cleared away by jobs of the queue, which are entered with it. Of those that were published only drafts go: what their manifest speaks of (the clauses, the verdicts,
 * the rehearsals, the hashes of the files) stays as long as they do. Jobs that wait for an approval are not over. Answers
 * how many jobs are gone.
 */
export async function retainCreatorJobs({ database, clock }: { database: Database; clock: Clock }): Promise<number> {
  const before = new Date(clock.now() - CREATOR_JOB_DAYS * DAY_MS);
  return database.transaction(async (query) => {
    const gone = await query<ExpiredRow>(EXPIRED, [before, JOBS_AT_ONCE]);
    for (const { id: jobId, owner, agent_id: agentId, version, bucket } of gone) {
      if (bucket === null) continue;
      const left: LeftVersion = { jobId, owner, agentId, version, bucket: bucket === '' ? null : bucket };
      await enterJob(query, REMOVAL_JOB, left, { key: jobId, nowMs: clock.now() });
    }
    const emptied = await query<{ job_id: string }>(DRAFTS, [before, JOBS_AT_ONCE]);
    const jobs = gone.length;
    const drafts = new Set(emptied.map(({ job_id }) => job_id)).size;
    if (jobs + drafts === 0) return 0;
    await enterAudit(
      query,
      {
        action: 'creator-jobs.expired',
        subject: 'creator-jobs',
        before: { jobs, publishedJobsWithDrafts: drafts, retentionDays: CREATOR_JOB_DAYS },
        after: null,
      },
      BRIDGE_ACTOR,
      clock.now(),
    );
    return jobs;
  });
}

interface ExpiredRow {
  id: string;
  owner: string;
  agent_id: string;
  version: number;
  /** Null when nothing was written; empty when it was begun and nobody knows where to. */
  bucket: string | null;
}

/** The latest job of an agent that is there stays: versions are counted on from it, and one in the bucket is never written over. */
const EXPIRED = `
DELETE FROM creator_jobs WHERE id IN (
  SELECT id FROM creator_jobs AS job
  WHERE state IN ('needs_attention', 'failed', 'cancelled') AND updated_at < $1
    AND (version < (SELECT max(version) FROM creator_jobs WHERE agent_id = job.agent_id)
      OR NOT EXISTS (SELECT FROM agents WHERE id = job.agent_id))
  ORDER BY updated_at LIMIT $2)
RETURNING id, owner, agent_id, version,
  (SELECT max(coalesce(output ->> 'bucket', '')) FROM creator_stages
   WHERE job_id = creator_jobs.id AND stage = 'store') AS bucket
`;

const DRAFTS = `
UPDATE creator_stages AS stage SET output = NULL
WHERE output IS NOT NULL
  AND (stage.stage NOT IN ('parse-sop', 'review-plan', 'review-code', 'rehearse', 'store')
    OR EXISTS (SELECT FROM creator_stages AS later
      WHERE later.job_id = stage.job_id AND later.stage = stage.stage AND later.seq > stage.seq))
  AND job_id IN (SELECT id FROM creator_jobs WHERE state = 'published' AND updated_at < $1 ORDER BY updated_at LIMIT $2)
RETURNING job_id
`;
