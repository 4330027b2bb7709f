import type { DeliveryState, WebhookDelivery } from '../call/webhook-delivery.js';
import type { Page, PageRequest } from '../page.js';
import { storable } from '../storable.js';
import { countPosition, pageOf, positionOf } from './cursor.js';
import type { Query } from './database.js';

interface DeliveryRow {
  id: string;
  call_sid: string;
  state: 'waiting' | 'done' | 'given-up';
  attempts: number;
  due_at: Date;
  entered_at: Date;
  finished_at: Date | null;
  error: string | null;
}

const COLUMNS = `id, payload ->> 'callSid' AS call_sid, state, attempts, due_at, entered_at, finished_at, error`;
const STATES: Readonly<Record<DeliveryRow['state'], DeliveryState>> = {
  waiting: 'waiting',
  done: 'delivered',
  'given-up': 'given-up',
};

/**
 * What became of the webhook of the end of a call, the newest of several ends; undefined when none is on record. An end that
 * the call has come back from since is posted to nobody, and not told.
 */
export async function deliveryOf(query: Query, callSid: string): Promise<WebhookDelivery | undefined> {
  // Keys are the call and when it ended: the index knows them by their beginning.
  const [row] = await query<DeliveryRow>(
    `SELECT ${COLUMNS} FROM jobs
     WHERE kind = 'call-ended' AND key >= $1 || ':' AND key < $1 || ';' AND payload ->> 'callSid' = $1
       AND NOT EXISTS (SELECT FROM calls WHERE call_sid = $1
         AND date_trunc('milliseconds', ended_at) IS DISTINCT FROM (payload ->> 'endedAt')::timestamptz)
     ORDER BY id DESC LIMIT 1`,
    [storable(callSid)],
  );
  return row && shown(row);
}

/** Nothing is posted of these calls any more, nor known of what was. */
export async function forgetDeliveries(query: Query, callSids: readonly string[]): Promise<void> {
  await query(
    `DELETE FROM jobs USING unnest($1::text[]) AS gone (call_sid)
     WHERE kind = 'call-ended' AND key >= gone.call_sid || ':' AND key < gone.call_sid || ';'
       AND payload ->> 'callSid' = gone.call_sid`,
    [callSids],
  );
}

/** Those that were given up in the last thirty days, newest calls first. */
export async function deliveriesGivenUp(query: Query, { limit, cursor }: PageRequest): Promise<Page<WebhookDelivery>> {
  const before = positionOf(cursor, countPosition) ?? null;
  const rows = await query<DeliveryRow>(
    `SELECT ${COLUMNS} FROM jobs WHERE kind = 'call-ended' AND state = 'given-up' AND ($1::bigint IS NULL OR id < $1)
     ORDER BY id DESC LIMIT $2`,
    [before, limit + 1],
  );
  return pageOf(rows, limit, shown, ({ id }) => Number(id));
}

function shown(row: DeliveryRow): WebhookDelivery {
  return {
    callSid: row.call_sid,
    state: STATES[row.state],
    attempts: row.attempts,
    enteredAt: row.entered_at.toISOString(),
    nextAttemptAt: row.state === 'waiting' ? row.due_at.toISOString() : null,
    finishedAt: row.finished_at?.toISOString() ?? null,
    lastFailure: row.error,
  };
}
