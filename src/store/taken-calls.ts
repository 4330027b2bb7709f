import type { CallRecord } from '../call/record.js';
import { findRecord } from './call-rows.js';
import type { Database } from './database.js';

/** Notified when an instance goes on with a call of another one; with its own id and the callSid, apart by a space. */
const TAKEN_CHANNEL = 'oratio_taken_calls';

/**
 * Makes a call this instance's at once, so that nothing counts any more that another one still writes of it, and answers what
 * is on record of it by then. The others are told. Undefined when nothing is on record.
 */
export async function takeCall(
  database: Database,
  instanceId: string,
  callSid: string,
): Promise<CallRecord | undefined> {
  const taken = await database.query(
    `WITH taken AS (UPDATE calls SET instance_id = $2 WHERE call_sid = $1 RETURNING call_sid)
     SELECT pg_notify($3, $4) FROM taken`,
    [callSid, instanceId, TAKEN_CHANNEL, `${instanceId} ${callSid}`],
  );
  return taken.length > 0 ? findRecord(database.query, callSid) : undefined;
}

/** Hears of calls that others go on with, unless they have come back meanwhile. */
export function hearTaken(database: Database, instanceId: string, taken: (callSids: readonly string[]) => void): void {
  database.listen(
    TAKEN_CHANNEL,
    (payload) => {
      const [by, callSid = ''] = payload.split(' ');
      if (by === instanceId) return;
      void database
        .query('SELECT FROM calls WHERE call_sid = $1 AND instance_id <> $2', [callSid, instanceId])
        // What cannot be asked is found out by the next write.
        .then(
          ({ length }) => length > 0 && taken([callSid]),
          () => undefined,
        );
    },
    () => undefined,
  );
}
