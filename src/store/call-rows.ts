import type { CallRecord, CallSummary, StreamRecord, ToolCallRecord, Turn } from '../call/record.js';
import type { Query } from './database.js';

/** What a summary is read from. */
export interface CallRow {
  call_sid: string;
  direction: CallRecord['direction'];
  from_number: string;
  to_number: string;
  agent_id: string | null;
  agent_version: number | null;
  state: CallRecord['state'];
  end_reason: CallRecord['endReason'];
  started_at: Date;
  media_started_at: Date | null;
  ended_at: Date | null;
  duration_ms: number | null;
  usage: CallRecord['usage'];
  audio: CallRecord['audio'];
  recording: CallRecord['recording'];
  variables: CallRecord['variables'];
  test: boolean;
  answered_by: string | null;
  carrier_status: string | null;
  transferred_to: string | null;
  reconnections: CallRecord['reconnections'];
  faults: CallRecord['faults'];
  turn_count: number;
  tool_call_count: number;
}

export const SUMMARY_COLUMNS = `call_sid, direction, from_number, to_number, agent_id, agent_version, state, end_reason,
  started_at, media_started_at, ended_at, duration_ms, usage, audio, recording, variables, test, answered_by, carrier_status,
  transferred_to, reconnections, faults, turn_count, tool_call_count`;

export function summaryOfRow(row: CallRow): CallSummary {
  const { turns: _turns, toolCalls: _toolCalls, streams: _streams, ...rest } = recordOfRow(row, [], [], []);
  return { ...rest, turnCount: row.turn_count, toolCallCount: row.tool_call_count };
}

/** The whole record, from one statement: a batch that is committed meanwhile is seen whole or not at all. */
export async function findRecord(query: Query, callSid: string): Promise<CallRecord | undefined> {
  const [row] = await query<CallRow & { streams: StreamRecord[]; turns: Turn[]; tool_calls: ToolCallRecord[] }>(
    `SELECT ${SUMMARY_COLUMNS}, streams,
       (SELECT coalesce(json_agg(turn ORDER BY index), '[]') FROM turns
        WHERE turns.call_sid = calls.call_sid AND index < turn_count) AS turns,
       (SELECT coalesce(json_agg(tool_call ORDER BY index), '[]') FROM tool_calls
        WHERE tool_calls.call_sid = calls.call_sid AND index < tool_call_count) AS tool_calls
     FROM calls WHERE call_sid = $1`,
    [callSid],
  );
  return row && recordOfRow(row, row.turns, row.tool_calls, row.streams);
}

function recordOfRow(row: CallRow, turns: Turn[], toolCalls: ToolCallRecord[], streams: StreamRecord[]): CallRecord {
  return {
    callSid: row.call_sid,
    direction: row.direction,
    from: row.from_number,
    to: row.to_number,
    agentId: row.agent_id,
    agentVersion: row.agent_version,
    state: row.state,
    endReason: row.end_reason,
    startedAt: row.started_at.toISOString(),
    mediaStartedAt: row.media_started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    durationMs: row.duration_ms,
    turns,
    toolCalls,
    streams,
    usage: row.usage,
    audio: row.audio,
    recording: row.recording,
    variables: row.variables,
    test: row.test,
    answeredBy: row.answered_by,
    carrierStatus: row.carrier_status,
    transferredTo: row.transferred_to,
    reconnections: row.reconnections,
    faults: row.faults,
  };
}
