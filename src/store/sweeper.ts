import { COMES_BACK_WITHIN_MS } from '../call/complete.js';
import { type CallEvent, type CallFact, recorded } from '../call/events.js';
import { lostStreams } from '../call/lost-streams.js';
import { lostTurns } from '../call/lost-turns.js';
import type { CallRecord } from '../call/record.js';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { findRecord } from './call-rows.js';
import type { Database, Query } from './database.js';
import { enterJob } from './jobs.js';
import { EVENT_ORDER_LOCK, EVENTS_CHANNEL } from './write-calls.js';

/** Calls of an instance that has not been seen for this long are over: the carrier has given up on it long before. */
const GONE = "interval '5 minutes'";
const FORGOTTEN = "interval '1 day'";
/** Others must have had this long to say that they live, in ms: after an outage of the store all look dead. */
const CONTACT_MS = 60_000;
const SWEPT_AT_ONCE = 200;
const SWEEP_LOCK = 1_869_766_002;
const ENDED: CallFact = { kind: 'ended', endReason: 'failed' };

export interface SweeperOptions {
  database: Database;
  clock: Clock;
  log: Logger;
  /** For how long the database has been reached without a gap. */
  contactMs: () => number;
  webhookFor?: ((record: CallRecord) => string | undefined) | undefined;
}

/**
 * Ends calls whose instance is gone, with their model streams and the turns of their agents, as they stood when it was last
 * heard of. Answers how many. One instance at a time.
 */
export async function sweepCalls(options: SweeperOptions): Promise<number> {
  if (options.contactMs() < CONTACT_MS) return 0;
  return endCalls(options, `instances.id IS NULL OR instances.seen_at < now() - ${GONE}`, [], 0);
}

/**
 * The same for all calls that are not of this instance, when nobody else uses the database. The carrier may bring some of
 * them back within a minute: until then their end is not posted to anybody.
 */
export async function endFormerCalls(
  options: Omit<SweeperOptions, 'contactMs'> & { instanceId: string },
): Promise<number> {
  let endedCount = 0;
  for (;;) {
    const count = await endCalls(options, 'calls.instance_id <> $1', [options.instanceId], COMES_BACK_WITHIN_MS);
    endedCount += count;
    if (count < SWEPT_AT_ONCE) return endedCount;
  }
}

/** Closes what only its instance could have closed, and answers the record as it is then, and what was told by that. */
async function closeOpen(
  query: Query,
  record: CallRecord,
  { atMs, at }: { atMs: number; at: Date },
): Promise<{ record: CallRecord; facts: CallFact[] }> {
  const { callSid } = record;
  const [streams, turns] = [lostStreams(record.streams, atMs), lostTurns(record.turns)];
  const facts = [...streams, ...turns];
  const closed = facts.reduce((before, fact) => recorded(before, { callSid, atMs, ...fact }, at.getTime()), record);
  if (streams.length > 0) {
    await query('UPDATE calls SET streams = $2 WHERE call_sid = $1', [callSid, JSON.stringify(closed.streams)]);
  }
  if (turns.length > 0) {
    await query(
      `UPDATE turns SET turn = ended.turn FROM json_to_recordset($2::json) AS ended(index integer, turn json)
       WHERE turns.call_sid = $1 AND turns.index = ended.index`,
      [callSid, JSON.stringify(turns)],
    );
  }
  return { record: closed, facts };
}

async function endCalls(
  { database, clock, log, webhookFor }: Omit<SweeperOptions, 'contactMs'>,
  condition: string,
  values: readonly unknown[],
  webhookDelayMs: number,
): Promise<number> {
  const callSids = await database.transaction(async (query) => {
    const [lock] = await query<{ is_ours: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS is_ours', [SWEEP_LOCK]);
    if (!lock?.is_ours) return [];
    const swept = await query<{ call_sid: string; duration_ms: number; ended_at: Date }>(
      `UPDATE calls SET state = 'ended', end_reason = 'failed', ended_at = changed_at,
         duration_ms = CASE state WHEN 'live'
           THEN greatest(0, round(extract(epoch FROM changed_at - coalesce(media_started_at, started_at)) * 1000)) ELSE 0 END
       WHERE call_sid IN (
         SELECT call_sid FROM calls LEFT JOIN instances ON instances.id = calls.instance_id
         WHERE state <> 'ended' AND (${condition})
         ORDER BY call_sid LIMIT ${SWEPT_AT_ONCE} FOR UPDATE OF calls SKIP LOCKED)
       RETURNING call_sid, duration_ms, ended_at`,
      values,
    );
    await query(
      `DELETE FROM instances WHERE seen_at < now() - ${FORGOTTEN}
       AND NOT EXISTS (SELECT FROM calls WHERE instance_id = instances.id AND state <> 'ended')`,
    );
    if (swept.length === 0) return [];
    const events: { event: CallEvent; at: Date }[] = [];
    for (const { call_sid: callSid, duration_ms: atMs, ended_at: at } of swept) {
      const left = await findRecord(query, callSid);
      if (!left) continue;
      const { record, facts } = await closeOpen(query, left, { atMs, at });
      for (const fact of [...facts, ENDED]) events.push({ event: { callSid, atMs, ...fact }, at });
      await orderWebhook(query, record);
    }
    await query('SELECT pg_advisory_xact_lock($1)', [EVENT_ORDER_LOCK]);
    for (const { event, at } of events) {
      await query('INSERT INTO call_events (call_sid, at, event) VALUES ($1, $2, $3)', [
        event.callSid,
        at,
        JSON.stringify(event),
      ]);
    }
    await query('SELECT pg_notify($1, $2)', [EVENTS_CHANNEL, '']);
    return swept.map(({ call_sid }) => call_sid);
  });
  for (const callSid of callSids)
    log.warn({ callSid, code: 'INSTANCE_UNREACHABLE' }, 'call ended: its instance is gone');
  return callSids.length;

  async function orderWebhook(query: Query, record: CallRecord): Promise<void> {
    const url = webhookFor?.(record);
    if (!url) return;
    const { callSid, endedAt } = record;
    await enterJob(
      query,
      'call-ended',
      { callSid, endedAt, url },
      { key: `${callSid}:${endedAt}`, nowMs: clock.now(), delayMs: webhookDelayMs },
    );
  }
}
