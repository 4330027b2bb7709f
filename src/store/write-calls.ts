import { storable } from '../storable.js';
import type { Query } from './database.js';
import type { ChangedCall, Chunk } from './writer-batch.js';

/** Notified when facts of calls were committed; without a payload. */
export const EVENTS_CHANNEL = 'oratio_events';
/** Notified when jobs were entered. */
export const JOBS_CHANNEL = 'oratio_jobs';

/** Held while ids of events are given out, until they are committed: the order of ids is the order of commits. */
export const EVENT_ORDER_LOCK = 1_869_766_001;

/** The columns of `calls` that hold the record, with their types. */
const RECORD_COLUMNS = {
  direction: 'text',
  from_number: 'text',
  to_number: 'text',
  agent_id: 'text',
  agent_version: 'integer',
  state: 'text',
  end_reason: 'text',
  started_at: 'timestamptz',
  media_started_at: 'timestamptz',
  ended_at: 'timestamptz',
  duration_ms: 'double precision',
  test: 'boolean',
  answered_by: 'text',
  carrier_status: 'text',
  transferred_to: 'text',
  reconnections: 'json',
  turn_count: 'integer',
  tool_call_count: 'integer',
  streams: 'json',
  usage: 'json',
  audio: 'json',
  recording: 'json',
  variables: 'json',
  faults: 'json',
  changed_at: 'timestamptz',
} as const;

const columns = Object.keys(RECORD_COLUMNS);
const typedColumns = Object.entries(RECORD_COLUMNS).map(([name, type]) => `${name} ${type}`);

/**
 * One statement for everything: a round trip, and atomic by itself. A batch that was committed although its answer got
 * lost is not written twice (`mark`). A call is entered or taken over only by those who claim it (where it only rang: while it has
 * no media stream), and entered, but not taken over, when the database has lost it; whatever else comes of a call counts only while it is this instance's, and so do its
 * turns, tool calls, events and jobs (`kept`).
 */
const WRITE = `
WITH mark AS (
  INSERT INTO instances (id, url, started_at, seen_at, batch) VALUES ($1, $2, now(), now(), $3)
  ON CONFLICT (id) DO UPDATE SET seen_at = now(), batch = excluded.batch WHERE instances.batch < excluded.batch
  RETURNING id
), given AS (
  SELECT mark.id AS instance_id, item.*
  FROM mark, json_to_recordset($4::json) AS item(call_sid text, ${typedColumns.join(', ')})
), kept AS (
  INSERT INTO calls AS stored (call_sid, instance_id, ${columns.join(', ')})
  SELECT call_sid, instance_id, ${columns.join(', ')} FROM given
  WHERE call_sid = ANY ($5::text[] || $11::text[] || $12::text[]) OR EXISTS (SELECT FROM calls WHERE calls.call_sid = given.call_sid)
  ORDER BY call_sid
  ON CONFLICT (call_sid) DO UPDATE SET instance_id = excluded.instance_id,
    ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}
  WHERE stored.instance_id = excluded.instance_id OR excluded.call_sid = ANY ($5::text[])
    OR (excluded.call_sid = ANY ($12::text[]) AND stored.media_started_at IS NULL)
  RETURNING call_sid
), kept_turns AS (
  INSERT INTO turns (call_sid, index, turn)
  SELECT call_sid, index, turn FROM json_to_recordset($6::json) AS item(call_sid text, index integer, turn json)
  JOIN kept USING (call_sid) ORDER BY call_sid, index
  ON CONFLICT (call_sid, index) DO UPDATE SET turn = excluded.turn
), kept_tool_calls AS (
  INSERT INTO tool_calls (call_sid, index, tool_call, agent_id, changed_at)
  SELECT call_sid, index, tool_call, given.agent_id, $9::timestamptz
  FROM json_to_recordset($7::json) AS item(call_sid text, index integer, tool_call json)
  JOIN kept USING (call_sid) JOIN given USING (call_sid) ORDER BY call_sid, index
  ON CONFLICT (call_sid, index) DO UPDATE
    SET tool_call = excluded.tool_call, agent_id = excluded.agent_id, changed_at = excluded.changed_at
), ordered AS (
  INSERT INTO jobs (kind, key, payload, due_at, entered_at)
  SELECT 'call-ended', key, payload, due_at, $9::timestamptz
  FROM json_to_recordset($8::json) AS item(call_sid text, key text, payload json, due_at timestamptz)
  JOIN kept USING (call_sid)
  ON CONFLICT (kind, key) DO UPDATE SET due_at = excluded.due_at
  WHERE jobs.state = 'waiting' AND jobs.attempts = 0 AND excluded.due_at <> jobs.due_at
  RETURNING id
), turn_of_events AS MATERIALIZED (
  SELECT pg_advisory_xact_lock(${EVENT_ORDER_LOCK})
), happened AS (
  INSERT INTO call_events (call_sid, at, event)
  SELECT call_sid, at, event
  FROM turn_of_events, ROWS FROM (
    json_to_recordset($10::json) AS (call_sid text, at timestamptz, event json)
  ) WITH ORDINALITY AS item(call_sid, at, event, place) JOIN kept USING (call_sid)
  ORDER BY place
  RETURNING id
)
SELECT
  ARRAY (SELECT call_sid FROM given EXCEPT SELECT call_sid FROM kept) AS lost,
  (SELECT batch::float8 FROM instances WHERE id = $1) AS batch_before,
  (SELECT count(pg_notify('${EVENTS_CHANNEL}', '')) FROM (SELECT id FROM happened LIMIT 1) AS any_event) AS told_events,
  (SELECT count(pg_notify('${JOBS_CHANNEL}', '')) FROM (SELECT id FROM ordered LIMIT 1) AS any_job) AS told_jobs
`;

export interface WritingInstance {
  id: string;
  url: string;
}

export interface WrittenChunk {
  /** Calls that are not (any more) this instance's: nothing of them was kept. */
  readonly lost: readonly string[];
  /** The number of the batch that the database had from this instance before; 0: of none. */
  readonly batchBefore: number;
}

/** Writes a part of a batch. */
export async function writeChunk(
  query: Query,
  instance: WritingInstance,
  batchNumber: number,
  chunk: Chunk,
  nowMs: number,
): Promise<WrittenChunk> {
  const claimed: string[] = [];
  const unconnected: string[] = [];
  const restored: string[] = [];
  const rows: object[] = [];
  for (const [callSid, call] of chunk.calls) {
    if (call.claims === 'always') claimed.push(callSid);
    if (call.claims === 'unconnected') unconnected.push(callSid);
    if (call.isRestored) restored.push(callSid);
    rows.push(rowOf(call));
  }
  const [answer] = await query<{ lost: string[]; batch_before: number | null }>(WRITE, [
    instance.id,
    instance.url,
    batchNumber,
    storableJson(rows),
    claimed,
    storableJson(chunk.turns),
    storableJson(chunk.toolCalls),
    storableJson(chunk.jobs),
    new Date(nowMs).toISOString(),
    storableJson(chunk.events),
    restored,
    unconnected,
  ]);
  return { lost: answer?.lost ?? [], batchBefore: answer?.batch_before ?? 0 };
}

function rowOf({ record, changedMs, counts }: ChangedCall): Record<keyof typeof RECORD_COLUMNS | 'call_sid', unknown> {
  return {
    call_sid: record.callSid,
    direction: record.direction,
    from_number: record.from,
    to_number: record.to,
    agent_id: record.agentId,
    agent_version: record.agentVersion,
    state: record.state,
    end_reason: record.endReason,
    started_at: record.startedAt,
    media_started_at: record.mediaStartedAt,
    ended_at: record.endedAt,
    duration_ms: record.durationMs,
    test: record.test,
    answered_by: record.answeredBy,
    carrier_status: record.carrierStatus,
    transferred_to: record.transferredTo,
    reconnections: record.reconnections,
    turn_count: counts?.turns ?? record.turns.length,
    tool_call_count: counts?.toolCalls ?? record.toolCalls.length,
    streams: record.streams,
    usage: record.usage,
    audio: record.audio,
    recording: record.recording,
    variables: record.variables,
    faults: record.faults,
    changed_at: new Date(changedMs).toISOString(),
  };
}

/** NUL and halves of surrogate pairs as JSON.stringify writes them; whole pairs it leaves as they are. */
const SUSPECT = /\\u(?:0000|d[89a-f])/;

/** JSON without the characters that the database refuses: a caller's words or an answer of a tool may hold any. */
function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  return SUSPECT.test(json) ? JSON.stringify(storable(JSON.parse(json))) : json;
}
