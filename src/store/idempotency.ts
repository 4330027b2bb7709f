import type { IdempotencyKeys, Remembered } from '../access/idempotency.js';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import { findUnstorable, storable } from '../storable.js';
import type { Database, Query } from './database.js';

/** An answer is kept for a day. */
const KEPT_MS = 24 * 3_600_000;
/** Who has not answered by then never will: the instance is gone. */
const RUNNING_LIMIT_MS = 60_000;
const SWEEP_MS = 3_600_000;
const LONGEST_KEY = 255;

interface KeyRow {
  request_hash: string;
  status: number | null;
  body: unknown;
  is_forgotten: boolean;
}

export function idempotencyKeys(options: { database: Database; clock: Clock }): IdempotencyKeys {
  const { database, clock } = options;
  let sweptMs = Number.NEGATIVE_INFINITY;

  const sweep = async () => {
    if (clock.now() - sweptMs < SWEEP_MS) return;
    sweptMs = clock.now();
    await database.query('DELETE FROM idempotency_keys WHERE begun_at < $1', [new Date(clock.now() - KEPT_MS)]);
  };

  return {
    async begin(key, actorId, requestHash): Promise<Remembered> {
      requireKey(key);
      await sweep();
      for (;;) {
        const nowMs = clock.now();
        // One statement decides: of two that come at once, one inserts and the other waits and finds its row.
        const taken = await database.query(
          `INSERT INTO idempotency_keys AS known (actor_id, key, request_hash, begun_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (actor_id, key) DO UPDATE
             SET request_hash = excluded.request_hash, begun_at = excluded.begun_at, status = NULL, body = NULL
             WHERE known.begun_at < $5
                OR (known.status IS NULL AND known.begun_at < $6 AND known.request_hash = excluded.request_hash)
           RETURNING key`,
          [
            ...[actorId, key, requestHash],
            ...[nowMs, nowMs - KEPT_MS, nowMs - RUNNING_LIMIT_MS].map((ms) => new Date(ms)),
          ],
        );
        if (taken.length > 0) return { state: 'new' };
        const [row] = await database.query<KeyRow>(
          `SELECT request_hash, status, body, status IS NOT NULL AND body IS NULL AS is_forgotten
           FROM idempotency_keys WHERE actor_id = $1 AND key = $2`,
          [actorId, key],
        );
        if (!row) continue; // released in between
        if (row.request_hash !== requestHash) return { state: 'other-request' };
        if (row.status === null) return { state: 'running' };
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
      await database.query('UPDATE idempotency_keys SET status = $3, body = $4 WHERE actor_id = $1 AND key = $2', [
        actorId,
        key,
        status,
        JSON.stringify(storable(body ?? null)),
      ]);
    },

    async release(key, actorId) {
      await database.query('DELETE FROM idempotency_keys WHERE actor_id = $1 AND key = $2 AND status IS NULL', [
        actorId,
        key,
      ]);
    },
  };
}

/** Takes this person's number out of what was answered. The keys stay: nobody is called a second time. */
export async function forgetAnswers(query: Query, e164: string): Promise<void> {
  await query("UPDATE idempotency_keys SET body = NULL WHERE body ->> 'to' = $1", [e164]);
}

function requireKey(key: string): void {
  if (key.length > 0 && key.length <= LONGEST_KEY && findUnstorable(key).length === 0) return;
  throw new BridgeError('REQUEST_INVALID', `An Idempotency-Key has 1 to ${LONGEST_KEY} characters.`, {
    field: 'Idempotency-Key',
  });
}
