import type { OngoingCall } from '../call/call-store.js';
import type { StreamRecord, Turn } from '../call/record.js';
import { type CallRow, SUMMARY_COLUMNS, summaryOfRow } from './call-rows.js';
import type { Query } from './database.js';
import { LATEST_EVENT } from './events.js';

interface ActiveRow extends CallRow {
  streams: StreamRecord[];
  last_turn: Turn | null;
  running_tools: OngoingCall['now']['runningTools'];
  is_sensitive: boolean | null;
}

/** A secret takes no longer than ten minutes, in which less than this happens. */
const FACTS_LOOKED_AT = 500;

/**
 * The last word on it among the latest facts of the call. Most of them are told apart by their text: reading each as JSON
 * would take longer than all the rest.
 */
const IS_SENSITIVE = `(SELECT event ->> 'active' = 'true'
  FROM (SELECT id, event FROM call_events WHERE call_events.call_sid = calls.call_sid
        ORDER BY id DESC LIMIT ${FACTS_LOOKED_AT}) AS latest_facts
  WHERE event::text LIKE '%"sensitiveChanged"%' AND event ->> 'kind' = 'sensitiveChanged'
  ORDER BY id DESC LIMIT 1)`;

/** All calls that ring or go on, how each stands, and the newest fact that is in it. Newest first. */
export async function activeCalls(query: Query): Promise<{ id: number; calls: OngoingCall[] }> {
  // One statement: facts are committed with what they changed, and in the order of their ids.
  const rows = await query<(ActiveRow | { call_sid: null }) & { latest: string }>(
    `SELECT latest, ${SUMMARY_COLUMNS}, streams,
       (SELECT turn FROM turns WHERE turns.call_sid = calls.call_sid AND index < turn_count
        ORDER BY index DESC LIMIT 1) AS last_turn,
       (SELECT coalesce(json_agg(json_build_object('id', tool_call -> 'id', 'name', tool_call -> 'name',
          'startMs', tool_call -> 'startMs') ORDER BY index), '[]')
        FROM tool_calls WHERE tool_calls.call_sid = calls.call_sid AND index < tool_call_count
          AND outcome = 'running') AS running_tools,
       ${IS_SENSITIVE} AS is_sensitive
     FROM (SELECT ${LATEST_EVENT} AS latest) AS facts LEFT JOIN calls ON state <> 'ended'
     ORDER BY started_at DESC, call_sid DESC`,
  );
  const calls = rows.flatMap((row) => (row.call_sid === null ? [] : [ongoingCall(row)]));
  return { id: Number(rows[0]?.latest ?? 0), calls };
}

function ongoingCall(row: ActiveRow): OngoingCall {
  const { streams, last_turn, running_tools, is_sensitive } = row;
  return {
    ...summaryOfRow(row),
    now: {
      lastTurn: last_turn,
      runningTools: running_tools,
      openStreams: streams.flatMap(({ closedMs }, index) => (closedMs === null ? [index] : [])),
      hasHadStream: streams.length > 0,
      isSensitive: is_sensitive ?? false,
    },
  };
}
