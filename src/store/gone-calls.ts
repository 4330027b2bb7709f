import type { Database, Query } from './database.js';

/** Notified in the transaction that deletes calls; with their callSids, apart by spaces. */
const GONE_CHANNEL = 'oratio_gone_calls';
/** A notification holds less than 8000 bytes. Source: PostgreSQL manual, "NOTIFY". */
const PAYLOAD_LIMIT_BYTES = 7900;

/** For so long it is known which calls were deleted: an instance that was away for longer keeps what is on its disk. */
const KNOWN_MS = 90 * 86_400_000;

/**
 * Tells all instances, once it is committed, that these calls are deleted: some may still have them in memory. Those that are
 * away find it out when they are back.
 */
export async function tellGone(query: Query, callSids: readonly string[]): Promise<void> {
  if (callSids.length === 0) return;
  await query(
    `INSERT INTO gone_calls (call_sid, gone_at) SELECT DISTINCT call_sid, now() FROM unnest($1::text[]) AS gone (call_sid)
     ON CONFLICT (call_sid) DO UPDATE SET gone_at = excluded.gone_at`,
    [callSids],
  );
  for (const payload of payloadsOf(callSids)) await query('SELECT pg_notify($1, $2)', [GONE_CHANNEL, payload]);
}

/** Hears of them; `mayHaveMissed` some is told each time that the connection stands again. */
export function hearGone(
  database: Database,
  gone: (callSids: readonly string[]) => void,
  mayHaveMissed: () => void,
): void {
  let wasConnected = false;
  database.listen(
    GONE_CHANNEL,
    (payload) => gone(payload.split(' ')),
    () => {
      if (wasConnected) mayHaveMissed();
      wasConnected = true;
    },
  );
}

/** Which of these calls were deleted, and have not come back since. */
export async function findDeleted(query: Query, callSids: readonly string[]): Promise<string[]> {
  const rows = await query<{ call_sid: string }>(
    `SELECT call_sid FROM gone_calls WHERE call_sid = ANY ($1)
       AND NOT EXISTS (SELECT FROM calls WHERE calls.call_sid = gone_calls.call_sid)`,
    [callSids],
  );
  return rows.map(({ call_sid }) => call_sid);
}

/** Forgets calls that were deleted long ago. */
export async function pruneGone(query: Query, nowMs: number): Promise<void> {
  await query('DELETE FROM gone_calls WHERE gone_at < $1', [new Date(nowMs - KNOWN_MS)]);
}

function* payloadsOf(callSids: readonly string[]): Generator<string> {
  let payload = '';
  for (const callSid of callSids) {
    if (payload !== '' && Buffer.byteLength(payload) + Buffer.byteLength(callSid) >= PAYLOAD_LIMIT_BYTES) {
      yield payload;
      payload = '';
    }
    payload += payload === '' ? callSid : ` ${callSid}`;
  }
  if (payload !== '') yield payload;
}
