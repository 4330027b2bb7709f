import { BRIDGE_ACTOR } from '../access/actor.js';
import type { Clock } from '../clock.js';
import { enterAudit } from './audit.js';
import type { Database } from './database.js';
import { tellGone } from './gone-calls.js';

const DAY_MS = 86_400_000;
const BATCH_CALLS = 500;
/** Of calls over what is no number of the directory, and so says no days: numbers that are not entered, test calls. */
const UNKNOWN_NUMBER_DAYS = 30;
/** In one transaction, with one audit entry. */
const CALLS_AT_ONCE = 10_000;
const RETENTION_LOCK = 1_869_766_003;

/**
 * Deletes the calls whose number, or the one that was deleted, does not keep them any longer, and those over numbers that
 * never were in the directory; an audit entry for each number and run. Their recordings go first (`removed`, which may be told
 * the same call twice): a run that is cut short finds the rows again. One instance deletes at a time. Answers how many calls
 * are gone.
 */
export async function retainCalls(options: {
  database: Database;
  clock: Clock;
  removed: (callSids: readonly string[]) => unknown;
}): Promise<number> {
  const { database, clock, removed } = options;
  const numbers = await database.query<{ number: string; days: number }>(DAYS_OF_NUMBERS, [UNKNOWN_NUMBER_DAYS]);
  let deletedCount = 0;
  for (const { number, days } of numbers) {
    for (;;) {
      const callSids = await expiredCalls(number, days);
      for (const batch of batchesOf(callSids)) await removed(batch);
      deletedCount += callSids.length === 0 ? 0 : await deleteCalls(number, days, callSids);
      if (callSids.length < CALLS_AT_ONCE) break;
    }
  }
  return deletedCount;

  async function expiredCalls(number: string, days: number): Promise<string[]> {
    const before = new Date(clock.now() - days * DAY_MS);
    const rows = await database.query<{ call_sid: string }>(EXPIRED, [number, before, CALLS_AT_ONCE]);
    return rows.map(({ call_sid }) => call_sid);
  }

  function deleteCalls(number: string, days: number, callSids: string[]): Promise<number> {
    return database.transaction(async (query) => {
      await query('SELECT pg_advisory_xact_lock($1)', [RETENTION_LOCK]);
      let count = 0;
      for (const batch of batchesOf(callSids)) {
        const gone = await query('DELETE FROM calls WHERE call_sid = ANY ($1) RETURNING call_sid', [batch]);
        count += gone.length;
        await tellGone(query, batch);
      }
      if (count === 0) return 0;
      await enterAudit(
        query,
        {
          action: 'calls.expired',
          subject: `number/${number}`,
          before: { calls: count, retentionDays: days },
          after: null,
        },
        BRIDGE_ACTOR,
        clock.now(),
      );
      return count;
    });
  }
}

function batchesOf(callSids: readonly string[]): string[][] {
  const batches: string[][] = [];
  for (let at = 0; at < callSids.length; at += BATCH_CALLS) batches.push(callSids.slice(at, at + BATCH_CALLS));
  return batches;
}

/** In the words of the index `calls_over`. */
const OURS = "(CASE WHEN direction = 'inbound' THEN to_number ELSE from_number END)";

/**
 * Who says days, and the numbers of calls that nobody says any for, found by jumping through the index from number to
 * number. One that kept its calls for ever and was deleted says so still.
 */
const DAYS_OF_NUMBERS = `
WITH RECURSIVE over (number) AS (
  (SELECT ${OURS} FROM calls ORDER BY ${OURS} LIMIT 1)
  UNION ALL
  SELECT (SELECT ${OURS} FROM calls WHERE ${OURS} > over.number ORDER BY ${OURS} LIMIT 1)
  FROM over WHERE over.number IS NOT NULL
)
SELECT number, (input ->> 'retentionDays')::integer AS days FROM numbers WHERE input ->> 'retentionDays' IS NOT NULL
UNION ALL SELECT number, retention_days FROM former_numbers
UNION ALL SELECT number, $1::integer FROM over
WHERE number IS NOT NULL
  AND NOT EXISTS (SELECT FROM numbers WHERE numbers.number = over.number)
  AND NOT EXISTS (SELECT FROM former_numbers WHERE former_numbers.number = over.number)
  AND NOT EXISTS (SELECT FROM audit_entries
    WHERE subject = 'number/' || over.number AND action = 'number.deleted')
`;

/** Calls begin before they end: the index is read from its old end. */
const EXPIRED = `
SELECT call_sid FROM calls
WHERE ${OURS} = $1 AND started_at < $2 AND state = 'ended' AND ended_at < $2
ORDER BY started_at, call_sid LIMIT $3
`;
