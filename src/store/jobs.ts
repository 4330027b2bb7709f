import type { Clock } from '../clock.js';
import type { Job, JobQueue } from '../jobs/queue.js';
import { storable } from '../storable.js';
import type { Database, Query } from './database.js';
import { JOBS_CHANNEL } from './write-calls.js';

const DONE_KEPT_MS = 86_400_000;
const GIVEN_UP_KEPT_MS = 30 * 86_400_000;

/** Enters a job, in the transaction of what it belongs to; a key that is kept already is left alone. */
export async function enterJob(
  query: Query,
  kind: string,
  payload: Readonly<Record<string, unknown>>,
  options: { key?: string | undefined; nowMs: number; delayMs?: number | undefined },
): Promise<void> {
  const { key = null, nowMs, delayMs = 0 } = options;
  const entered = await query(
    `INSERT INTO jobs (kind, key, payload, due_at, entered_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (kind, key) DO NOTHING RETURNING id`,
    [kind, key, JSON.stringify(storable(payload)), new Date(nowMs + delayMs), new Date(nowMs)],
  );
  if (entered.length > 0) await query('SELECT pg_notify($1, $2)', [JOBS_CHANNEL, '']);
}

interface JobRow {
  id: string;
  kind: string;
  payload: Job['payload'];
  attempts: number;
}

/**
 * Jobs in the database: any number of instances claim, and none gets what another holds. `instanceId` is whose heartbeats leases
 * may depend on; left out, they end by time alone.
 */
export function storedJobs(options: { database: Database; clock: Clock; instanceId?: string }): JobQueue {
  const { database, clock, instanceId = null } = options;
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of [...listeners]) listener();
  };
  database.listen(JOBS_CHANNEL, tell, tell);

  return {
    async enqueue(kind, payload, { delayMs, key } = {}) {
      await database.transaction((query) => enterJob(query, kind, payload, { key, delayMs, nowMs: clock.now() }));
    },

    async claim(kinds, limit, leaseMs, { endsWithInstance = false } = {}) {
      const nowMs = clock.now();
      const rows = await database.query<JobRow>(
        `UPDATE jobs SET attempts = attempts + 1, due_at = $4, lent_by = $5
         WHERE id IN (
           SELECT id FROM jobs WHERE state = 'waiting' AND due_at <= $3 AND kind = ANY ($1)
           ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)
         RETURNING id, kind, payload, attempts`,
        [kinds, limit, new Date(nowMs), new Date(nowMs + leaseMs), endsWithInstance ? instanceId : null],
      );
      return rows
        .sort((a, b) => Number(a.id) - Number(b.id))
        .map(({ id, kind, payload, attempts }) => ({
          id: `${id}.${attempts}`,
          kind,
          payload,
          attempts: attempts - 1,
        }));
    },

    async extend(id, leaseMs) {
      const [row, attempt] = rowOf(id);
      const extended = await database.query(
        "UPDATE jobs SET due_at = $3 WHERE id = $1 AND attempts = $2 AND state = 'waiting' RETURNING id",
        [row, attempt, new Date(clock.now() + leaseMs)],
      );
      return extended.length > 0;
    },

    async done(id) {
      // Done is done, also when the lease has passed meanwhile.
      const [row] = rowOf(id);
      await database.query(
        `UPDATE jobs SET state = 'done', finished_at = $2, error = NULL, lent_by = NULL
         WHERE id = $1 AND state = 'waiting'`,
        [row, new Date(clock.now())],
      );
    },

    async failed(id, error, delayMs) {
      const [row, attempt] = rowOf(id);
      const nowMs = clock.now();
      const isOver = delayMs === undefined;
      await database.query(
        `UPDATE jobs SET state = $3, due_at = $4, finished_at = $5, error = $6, lent_by = NULL
         WHERE id = $1 AND attempts = $2 AND state = 'waiting'`,
        [
          row,
          attempt,
          isOver ? 'given-up' : 'waiting',
          new Date(nowMs + (delayMs ?? 0)),
          isOver ? new Date(nowMs) : null,
          storable(error),
        ],
      );
    },

    onEntered(listener) {
      const own = () => listener();
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}

/** Forgets what was done a day ago and given up thirty days ago. */
export async function pruneJobs(query: Query, nowMs: number): Promise<void> {
  await query(
    `DELETE FROM jobs WHERE (state = 'done' AND finished_at < $1) OR (state = 'given-up' AND finished_at < $2)`,
    [new Date(nowMs - DONE_KEPT_MS), new Date(nowMs - GIVEN_UP_KEPT_MS)],
  );
}

/** The row and the attempt of a claim's id. */
function rowOf(id: string): [row: string, attempt: number] {
  const [row = '', attempt = ''] = id.split('.');
  return [row, Number(attempt)];
}
