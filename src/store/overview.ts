import type { CallFigures, FigureFilter, Figures, FiguresInTime } from '../call/figures.js';
import { END_REASONS } from '../call/record.js';
import { requireStorable } from '../storable.js';
import type { Database } from './database.js';
import { storedToolWaits } from './tool-waits.js';

/** Slots of rows that are no bucket: the range before, and the whole range. */
const BEFORE = -1;
const TOTAL = -2;

/**
 * No helpers of the server beside the one connection, and no compiling, which takes longer than the answer: the
 * processors belong to calls. Sorting a month of answers in memory needs some room.
 */
const SETTINGS = `SELECT set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true),
  set_config('work_mem', '32MB', true)`;

/** Figures from the database. It should be one that nothing else waits for. */
export function storedFigures(database: Database): CallFigures {
  return {
    async inTime(filter) {
      requireStorable({ agentId: filter.agentId, number: filter.number });
      const { sql, values } = figuresStatement(filter);
      const rows = await database.transaction(async (query) => {
        await query(SETTINGS);
        return query<FigureRow>(sql, values);
      });
      return inTimeOf(rows, bucketCount(filter));
    },

    async toolWaits(agentId, toolNames) {
      requireStorable({ agentId });
      return database.transaction((query) => storedToolWaits(query, agentId, toolNames));
    },
  };
}

interface FigureRow {
  slot: number;
  calls: number;
  end_reasons: Figures['endReasons'];
  answers: number | null;
  gaps_ms: [p50: number, p95: number] | null;
  agent_turns: number | null;
  interruptions: number | null;
  tool_calls: number | null;
  tool_failures: number | null;
  call_ms: number | null;
  dead_air_ms: number | null;
  renewals: number | null;
}

/** How many buckets a range has. */
export function bucketCount({ fromMs, toMs, bucketMs }: FigureFilter): number {
  return Math.ceil((toMs - fromMs) / bucketMs);
}

/**
 * One statement, so that a batch which is written meanwhile is counted whole or not at all. Calls are found by an index
 * that begins with what is filtered; of their turns only an index is read.
 */
function figuresStatement(filter: FigureFilter): { sql: string; values: unknown[] } {
  const { fromMs, toMs, bucketMs, agentId, agentVersion, number, tests } = filter;
  const values: unknown[] = [];
  const value = (each: unknown) => `$${values.push(each)}`;
  const from = `${value(new Date(fromMs))}::timestamptz`;
  const conditions = [
    `started_at >= ${value(new Date(fromMs - (toMs - fromMs)))}`,
    `started_at < ${value(new Date(toMs))}`,
  ];
  if (agentId !== undefined) conditions.push(`agent_id = ${value(agentId)}`);
  if (agentVersion !== undefined) conditions.push(`agent_version = ${value(agentVersion)}`);
  if (number !== undefined) {
    const side = value(number);
    conditions.push(`(from_number = ${side} OR to_number = ${side})`);
  }
  if (tests !== 'included') conditions.push(tests === 'only' ? 'test' : 'NOT test');

  const perSlot = 'GROUP BY GROUPING SETS ((slot), (is_within)) HAVING is_within IS NOT false';
  const slot = `coalesce(slot, ${TOTAL}) AS slot`;
  const reasons = END_REASONS.map(
    (reason) => `'${reason}', nullif(count(*) FILTER (WHERE end_reason = '${reason}'), 0)`,
  );
  const sql = `
    WITH chosen AS MATERIALIZED (
      SELECT call_sid, turn_count, tool_call_count, started_at >= ${from} AS is_within,
        CASE WHEN started_at < ${from} THEN ${BEFORE}
          ELSE floor(extract(epoch FROM started_at - ${from}) * 1000 / ${value(bucketMs)}::numeric)::integer END AS slot,
        CASE WHEN state = 'ended' THEN end_reason END AS end_reason,
        CASE WHEN state = 'ended' THEN duration_ms END AS call_ms,
        CASE WHEN state = 'ended' AND duration_ms IS NOT NULL THEN (audio ->> 'deadAirMs')::float8 END AS dead_air_ms,
        -- Hardly any call has one: what cannot hold it is not read.
        CASE WHEN streams::text = '[]' THEN NULL WHEN streams::text NOT LIKE '%renewed%' THEN 0
          ELSE (SELECT count(*) FROM json_array_elements(streams) AS stream WHERE stream ->> 'closed' = 'renewed')
        END AS renewals
      FROM calls WHERE ${conditions.join(' AND ')}
    ), by_call AS (
      SELECT ${slot}, count(*)::integer AS calls, json_strip_nulls(json_build_object(${reasons.join(', ')})) AS end_reasons,
        sum(call_ms) AS call_ms, sum(dead_air_ms) AS dead_air_ms, sum(renewals)::integer AS renewals
      FROM chosen ${perSlot}
    ), by_turn AS (
      SELECT ${slot}, count(*)::integer AS agent_turns, (count(*) FILTER (WHERE interrupted))::integer AS interruptions,
        count(response_gap_ms)::integer AS answers,
        percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY response_gap_ms) AS gaps_ms
      FROM chosen JOIN turns USING (call_sid) WHERE interrupted IS NOT NULL AND index < turn_count ${perSlot}
    ), by_tool AS (
      SELECT ${slot}, count(*)::integer AS tool_calls, (count(*) FILTER (WHERE outcome = 'failed'))::integer AS tool_failures
      FROM chosen JOIN tool_calls USING (call_sid) WHERE outcome <> 'running' AND index < tool_call_count ${perSlot}
    )
    SELECT * FROM by_call LEFT JOIN by_turn USING (slot) LEFT JOIN by_tool USING (slot)`;
  return { sql, values };
}

function inTimeOf(rows: readonly FigureRow[], count: number): FiguresInTime {
  const bySlot = new Map(rows.map((row) => [row.slot, figuresOf(row)]));
  const at = (slot: number) => bySlot.get(slot) ?? figuresOf(undefined);
  return {
    buckets: Array.from({ length: count }, (_each, slot) => at(slot)),
    total: at(TOTAL),
    before: at(BEFORE),
  };
}

function figuresOf(row: FigureRow | undefined): Figures {
  const [p50 = null, p95 = null] = row?.answers ? (row.gaps_ms ?? []) : [];
  // Nobody can be silent in a call that was over at once.
  const callMs = row?.call_ms ? row.call_ms : null;
  return {
    calls: row?.calls ?? 0,
    endReasons: row?.end_reasons ?? {},
    answers: row?.answers ?? 0,
    responseGapP50Ms: p50,
    responseGapP95Ms: p95,
    agentTurns: row?.agent_turns ?? 0,
    interruptions: row?.interruptions ?? null,
    toolCalls: row?.tool_calls ?? 0,
    toolFailures: row?.tool_failures ?? null,
    callMs,
    deadAirMs: callMs === null ? null : (row?.dead_air_ms ?? null),
    renewals: row?.renewals ?? null,
  };
}
