import { z } from 'zod';
import type { CallFilter } from '../call/call-store.js';
import { requireStorable } from '../storable.js';
import { type CallRow, SUMMARY_COLUMNS } from './call-rows.js';
import { momentOf } from './moment.js';

/** Where a page ends: start of the call, and the callSid among calls that started in the same millisecond. */
export const callPosition = z.tuple([z.iso.datetime(), z.string()]);
export type CallPosition = z.infer<typeof callPosition>;

export function positionOfRow(row: CallRow): CallPosition {
  return [row.started_at.toISOString(), row.call_sid];
}

/**
 * The statement for a page of calls, newest first, `rowCount` at most. Each form reads one index in the order of the list
 * and stops when it has enough, however many calls there are.
 */
export function listStatement(
  filter: CallFilter,
  position: CallPosition | undefined,
  rowCount: number,
): { sql: string; values: unknown[] } {
  requireStorable(filter);
  const { state, number, agentId, agentVersion, tests = 'included' } = filter;
  const values: unknown[] = [];
  const value = (each: unknown) => `$${values.push(each)}`;
  const from = momentOf(filter.from, 'from');
  const to = momentOf(filter.to, 'to');
  const conditions: string[] = [];
  if (from) conditions.push(`started_at >= ${value(from)}`);
  if (to) conditions.push(`started_at < ${value(to)}`);
  if (position) conditions.push(`(started_at, call_sid) < (${position.map(value).join(', ')})`);
  if (agentId !== undefined) conditions.push(`agent_id = ${value(agentId)}`);
  if (agentVersion !== undefined) conditions.push(`agent_version = ${value(agentVersion)}`);
  if (tests !== 'included') conditions.push(tests === 'only' ? 'test' : 'NOT test');
  if (state !== undefined) conditions.push(`state = ${value(state)}`);
  // Said in these words, because the index of active calls is bound to them.
  const isActive = state !== undefined && state !== 'ended';
  if (isActive) conditions.push("state <> 'ended'");
  const limit = `ORDER BY started_at DESC, call_sid DESC LIMIT ${value(rowCount)}`;
  const page = (...more: string[]) => {
    const all = [...conditions, ...more];
    return `SELECT ${SUMMARY_COLUMNS} FROM calls ${all.length > 0 ? `WHERE ${all.join(' AND ')}` : ''} ${limit}`;
  };
  if (number === undefined) return { sql: page(), values };
  const side = value(number);
  if (isActive) return { sql: page(`${side} IN (from_number, to_number)`), values };
  // Either side has an index of its own: a page of each, merged.
  const caller = page(`from_number = ${side}`);
  const called = page(`to_number = ${side}`, `from_number <> ${side}`);
  return { sql: `SELECT * FROM ((${caller}) UNION ALL (${called})) AS sides ${limit}`, values };
}
