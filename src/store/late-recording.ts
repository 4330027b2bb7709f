import type { CallEvent } from '../call/events.js';
import type { RecordingRecord } from '../call/record.js';
import type { Database } from './database.js';
import { EVENT_ORDER_LOCK, EVENTS_CHANNEL } from './write-calls.js';

/**
 * Enters what has become of a recording on a call that no instance has in memory any more, because the one that recorded it
 * was killed. Where it is known already nothing changes, so that it may be repeated. Answers whether it was news.
 */
export function enterRecording(
  database: Database,
  callSid: string,
  recording: RecordingRecord,
  nowMs: number,
): Promise<boolean> {
  return database.transaction(async (query) => {
    const changed = await query<{ at_ms: number }>(
      `UPDATE calls SET recording = $2
       WHERE call_sid = $1 AND coalesce(recording ->> 'state', 'recording') = 'recording'
       RETURNING coalesce(duration_ms, 0) AS at_ms`,
      [callSid, JSON.stringify(recording)],
    );
    const [call] = changed;
    if (!call) return false;
    const event: CallEvent = { callSid, atMs: call.at_ms, kind: 'recordingChanged', recording };
    await query('SELECT pg_advisory_xact_lock($1)', [EVENT_ORDER_LOCK]);
    await query('INSERT INTO call_events (call_sid, at, event) VALUES ($1, $2, $3)', [
      callSid,
      new Date(nowMs),
      JSON.stringify(event),
    ]);
    await query('SELECT pg_notify($1, $2)', [EVENTS_CHANNEL, '']);
    return true;
  });
}
