import type { Clock } from '../clock.js';
import type { Database } from './database.js';
import { ANSWERS, ANSWERS_MS } from './instances.js';
import { JOBS_CHANNEL } from './write-calls.js';

/**
 * Work that instances had which have missed their heartbeats is due again, long before its lease is over. Answers how many
 * jobs. Nothing as long as this instance has not reached the database for the same time: after an outage all look dead.
 */
export async function freeLeftWork(options: {
  database: Database;
  clock: Clock;
  /** For how long the database has been reached without a gap. */
  contactMs: () => number;
}): Promise<number> {
  if (options.contactMs() < ANSWERS_MS) return 0;
  return freeWork(options, `NOT EXISTS (SELECT FROM instances WHERE instances.id = lent_by AND ${ANSWERS})`);
}

/** The same for all work that is not of this instance, when nobody else uses the database. */
export async function freeFormerWork(options: {
  database: Database;
  clock: Clock;
  instanceId: string;
}): Promise<number> {
  return freeWork(options, 'lent_by <> $1', [options.instanceId]);
}

async function freeWork(
  { database, clock }: { database: Database; clock: Clock },
  condition: string,
  values: readonly unknown[] = [],
): Promise<number> {
  return database.transaction(async (query) => {
    await query(
      `UPDATE documents SET lent_revision = NULL, lent_until = NULL, lent_by = NULL
       WHERE lent_by IS NOT NULL AND ${condition}`,
      values,
    );
    const freed = await query(
      `UPDATE jobs SET due_at = $${values.length + 1}, lent_by = NULL
       WHERE lent_by IS NOT NULL AND state = 'waiting' AND ${condition} RETURNING id`,
      [...values, new Date(clock.now())],
    );
    if (freed.length > 0) await query('SELECT pg_notify($1, $2)', [JOBS_CHANNEL, '']);
    return freed.length;
  });
}
