import type { Database, Query } from './database.js';

/** Notified in the transaction that deletes calls; with their callSids, apart by spaces. */
const GONE_CHANNEL = 'oratio_gone_calls';
/** A notification holds less than 8000 bytes. Source: PostgreSQL manual, "NOTIFY". */
const PAYLOAD_LIMIT_BYTES = 7900;

/** Tells all instances, once it is committed, that these calls are deleted: some may still have them in memory. */
export async function tellGone(query: Query, callSids: readonly string[]): Promise<void> {
  for (const payload of payloadsOf(callSids)) await query('SELECT pg_notify($1, $2)', [GONE_CHANNEL, payload]);
}

export function hearGone(database: Database, gone: (callSids: readonly string[]) => void): void {
  database.listen(
    GONE_CHANNEL,
    (payload) => gone(payload.split(' ')),
    () => undefined,
  );
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
