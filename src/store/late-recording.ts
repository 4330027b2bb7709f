import type { CallEvent } from '../call/events.js';
import type { RecordingRecord } from '../call/record.js';
import type { Database, Query } from './database.js';
import { EVENT_ORDER_LOCK, EVENTS_CHANNEL } from './write-calls.js';

/** Notified when what has become of a recording was entered so; with the callSid. */
const LATE_RECORDINGS_CHANNEL = 'oratio_late_recordings';

/**
 * Enters what has become of a recording on a call that the instance that recorded it has not in memory any more, because another
 * one has it, or none. What is known already, or more of it, stays, so that it may be repeated; that some is lost always counts,
 * where something was kept. Whoever has the call is told. Answers whether it was news.
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
       WHERE call_sid = $1 AND CASE coalesce(recording ->> 'state', 'recording')
         WHEN 'recording' THEN true
         WHEN 'ready' THEN $3 OR ($4 AND (recording ->> 'byteLength')::bigint < $5)
         ELSE false
       END
       RETURNING coalesce(duration_ms, 0) AS at_ms`,
      [
        callSid,
        JSON.stringify(recording),
        recording.state === 'failed' && recording.durationMs > 0,
        recording.state === 'ready',
        recording.byteLength,
      ],
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
    await query('SELECT pg_notify($1, $2), pg_notify($3, $4)', [EVENTS_CHANNEL, '', LATE_RECORDINGS_CHANNEL, callSid]);
    return true;
  });
}

/** What was told of the recording of a call of late (an hour), by all instances, in order. */
export async function toldOfRecording(query: Query, callSid: string): Promise<RecordingRecord[]> {
  const rows = await query<{ recording: RecordingRecord }>(
    `SELECT event -> 'recording' AS recording FROM call_events
     WHERE call_sid = $1 AND event ->> 'kind' = 'recordingChanged' ORDER BY id`,
    [callSid],
  );
  return rows.map(({ recording }) => recording);
}

/** Hears of what is entered late by any instance; `mayHaveMissed` some is told each time that the connection stands. */
export function hearLateRecordings(
  database: Database,
  entered: (callSid: string) => void,
  mayHaveMissed: () => void,
): void {
  database.listen(LATE_RECORDINGS_CHANNEL, entered, mayHaveMissed);
}
