import { BRIDGE_ACTOR } from '../access/actor.js';
import type { Clock } from '../clock.js';
import { enterAudit } from './audit.js';
import type { Database } from './database.js';

const DAY_MS = 86_400_000;
/** Calls are kept as long as their number says; jobs belong to no number. */
export const CREATOR_JOB_DAYS = 90;
const JOBS_AT_ONCE = 1000;

/**
 * Deletes creator jobs that came to nothing and were not touched for that long, with all that their stages have made; an audit
 * entry for each run. Of those that were published only drafts go: what their manifest speaks of (the clauses, the verdicts,
 * the rehearsals, the hashes of the files) stays as long as they do. Jobs that wait for an approval are not over. Answers
 * how many jobs are gone.
 */
export async function retainCreatorJobs({ database, clock }: { database: Database; clock: Clock }): Promise<number> {
  const before = new Date(clock.now() - CREATOR_JOB_DAYS * DAY_MS);
  return database.transaction(async (query) => {
    const gone = await query(EXPIRED, [before, JOBS_AT_ONCE]);
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

/** The latest job of an agent that is there stays: versions are counted on from it, and one in the bucket is never written over. */
const EXPIRED = `
DELETE FROM creator_jobs WHERE id IN (
  SELECT id FROM creator_jobs AS job
  WHERE state IN ('needs_attention', 'failed', 'cancelled') AND updated_at < $1
    AND (version < (SELECT max(version) FROM creator_jobs WHERE agent_id = job.agent_id)
      OR NOT EXISTS (SELECT FROM agents WHERE id = job.agent_id))
  ORDER BY updated_at LIMIT $2)
RETURNING id
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
