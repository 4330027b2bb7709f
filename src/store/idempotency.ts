import type { IdempotencyKeys, Remembered } from '../access/idempotency.js';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import { findUnstorable, storable } from '../storable.js';
import type { Database, Query } from './database.js';
import type { UntilKept } from './until-kept.js';

/** An answer is kept for a day. */
const KEPT_MS = 24 * 3_600_000;
/** Who has not answered by then may never: the instance is gone, perhaps after it was done. */
const RUNNING_LIMIT_MS = 60_000;
const LONGEST_KEY = 255;

interface KeyRow {
  request_hash: string;
  begun_at: Date;
  status: number | null;
  body: unknown;
  is_forgotten: boolean;
}

export function idempotencyKeys(options: {
  database: Database;
  clock: Clock;
  kept: Pick<UntilKept, 'keep'>;
}): IdempotencyKeys {
  const { database, clock, kept } = options;
  /** When requests that are still being carried out here have begun, by actor and key. */
  const begun = new Map<string, Date>();

  return {
    async begin(key, actorId, requestHash): Promise<Remembered> {
      requireKey(key);
      for (;;) {
        const nowMs = clock.now();
        // One statement decides: of two that come at once, one inserts and the other waits and finds its row.
        const taken = await database.query(
          `INSERT INTO idempotency_keys AS known (actor_id, key, request_hash, begun_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (actor_id, key) DO UPDATE
             SET request_hash = excluded.request_hash, begun_at = excluded.begun_at, status = NULL, body = NULL
             WHERE known.begun_at < $5
           RETURNING key`,
          [actorId, key, requestHash, new Date(nowMs), new Date(nowMs - KEPT_MS)],
        );
        if (taken.length > 0) {
          begun.set(nameOf(key, actorId), new Date(nowMs));
          return { state: 'new' };
        }
        const [row] = await database.query<KeyRow>(
          `SELECT request_hash, begun_at, status, body, status IS NOT NULL AND body IS NULL AS is_forgotten
           FROM idempotency_keys WHERE actor_id = $1 AND key = $2`,
          [actorId, key],
        );
        if (!row) continue; // released in between
        if (row.request_hash !== requestHash) return { state: 'other-request' };
        if (row.status === null) {
          return { state: nowMs - row.begun_at.getTime() > RUNNING_LIMIT_MS ? 'unknown' : 'running' };
        }
        if (row.is_forgotten) {
          throw new BridgeError(
            'CONFLICT',
            'What this Idempotency-Key has placed was deleted: a new call needs a new key.',
          );
        }
        return { state: 'finished', status: row.status, body: row.body };
      }
    },

    async finish(key, actorId, status, body) {
      begun.delete(nameOf(key, actorId));
      const values = [actorId, key, status, JSON.stringify(storable(body ?? null))];
      await kept.keep('answer to a request with an Idempotency-Key', () =>
        database.query(
          `UPDATE idempotency_keys SET status = $3, body = $4
           WHERE actor_id = $1 AND key = $2 AND status IS NULL`,
          values,
        ),
      );
    },

    async release(key, actorId) {
      const begunAt = begun.get(nameOf(key, actorId));
      begun.delete(nameOf(key, actorId));
      if (!begunAt) return;
      // Repeated, it must not release what the same key has begun since.
      await kept.keep('release of an Idempotency-Key', () =>
        database.query(
          `DELETE FROM idempotency_keys
           WHERE actor_id = $1 AND key = $2 AND status IS NULL AND begun_at = $3`,
          [actorId, key, begunAt],
        ),
      );
    },
  };
}

/** Forgets what was answered a day ago, and to whom. */
export async function pruneKeys(query: Query, nowMs: number): Promise<void> {
  await query('DELETE FROM idempotency_keys WHERE begun_at < $1', [new Date(nowMs - KEPT_MS)]);
}

/** Takes this person's number out of what was answered. The keys stay: nobody is called a second time. */
export async function forgetAnswers(query: Query, e164: string): Promise<void> {
  await query("UPDATE idempotency_keys SET body = NULL WHERE body ->> 'to' = $1", [e164]);
}

function nameOf(key: string, actorId: string): string {
  return `${actorId} ${key}`;
}

function requireKey(key: string): void {
  if (key.length > 0 && key.length <= LONGEST_KEY && findUnstorable(key).length === 0) return;
  throw new BridgeError('REQUEST_INVALID', `An Idempotency-Key has 1 to ${LONGEST_KEY} characters.`, {
    field: 'Idempotency-Key',
  });
}
