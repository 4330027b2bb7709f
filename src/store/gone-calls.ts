import type { Database, Query } from './database.js';

/** Notified in the transaction that deletes calls; with their callSids, apart by spaces. */
const GONE_CHANNEL = 'oratio_gone_calls';
/** A notification holds less than 8000 bytes. Source: PostgreSQL manual, "NOTIFY". */
const PAYLOAD_LIMIT_BYTES = 7900;

/** Tells all instances, once it is committed, that these calls are deleted: some may still have them in memory. */
export async function tellGone(query: Query, callSids: readonly string[]): Promise<void> {
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

/** Which of these calls are not on record. */
export async function findGone(query: Query, callSids: readonly string[]): Promise<string[]> {
  const rows = await query<{ call_sid: string }>(
    `SELECT call_sid FROM unnest($1::text[]) AS known (call_sid)
     WHERE NOT EXISTS (SELECT FROM calls WHERE calls.call_sid = known.call_sid)`,
    [callSids],
  );
  return rows.map(({ call_sid }) => call_sid);
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
