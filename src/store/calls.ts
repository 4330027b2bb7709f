import type { CallStore } from '../call/call-store.js';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import { findUnstorable, requireStorable } from '../storable.js';
import { enterAudit } from './audit.js';
import { type CallRow, findRecord, summaryOfRow } from './call-rows.js';
import { callPosition, listStatement, positionOfRow } from './calls-list.js';
import { pageOf, positionOf } from './cursor.js';
import type { Database } from './database.js';
import { tellGone } from './gone-calls.js';
import { forgetAnswers } from './idempotency.js';
import { ALIVE } from './instances.js';

/** A number of ours: dialled by callers, or what outbound calls come from. `$1` is the number. */
const OVER_NUMBER = "((direction = 'inbound' AND to_number = $1) OR (direction = 'outbound' AND from_number = $1))";
/** The person on the telephone. */
const OF_CALLER = "((direction = 'inbound' AND from_number = $1) OR (direction = 'outbound' AND to_number = $1))";

/** Calls of all instances, from the database. */
export function storedCalls(options: { database: Database; instanceId: string; clock: Clock }): CallStore {
  const { database, instanceId, clock } = options;
  const isName = (text: string) => findUnstorable(text).length === 0;

  return {
    find: async (callSid) => (isName(callSid) ? findRecord(database.query, callSid) : undefined),

    async list(filter, { limit, cursor }) {
      const position = positionOf(cursor, callPosition);
      const { sql, values } = listStatement(filter, position, limit + 1);
      return pageOf(await database.query<CallRow>(sql, values), limit, summaryOfRow, positionOfRow);
    },

    async carrierOf(callSid) {
      if (!isName(callSid)) return undefined;
      const [carrier] = await database.query<{ id: string; url: string }>(
        `SELECT instances.id, instances.url FROM calls JOIN instances ON instances.id = calls.instance_id
         WHERE call_sid = $1 AND state <> 'ended' AND ${ALIVE}`,
        [callSid],
      );
      return carrier;
    },

    async useOf(number, sinceMs) {
      // One by one: each reads its index.
      const [use] = await database.query<{ active_calls: number; used_ms: number }>(
        `SELECT
           (SELECT count(*)::integer FROM calls JOIN instances ON instances.id = calls.instance_id
            WHERE state <> 'ended' AND instance_id <> $2 AND ${ALIVE} AND ${OVER_NUMBER}) AS active_calls,
           (SELECT coalesce(sum(duration_ms), 0) FROM calls
            WHERE to_number = $1 AND direction = 'inbound' AND state = 'ended' AND started_at >= $3)
           + (SELECT coalesce(sum(duration_ms), 0) FROM calls
            WHERE from_number = $1 AND direction = 'outbound' AND state = 'ended' AND started_at >= $3) AS used_ms`,
        [number, instanceId, new Date(sinceMs)],
      );
      return { activeCalls: use?.active_calls ?? 0, usedMs: use?.used_ms ?? 0 };
    },

    async deleteCaller(e164, actor) {
      requireStorable(e164, 'e164');
      return database.transaction(async (query) => {
        const calls = await query<{ call_sid: string; state: string }>(
          `SELECT call_sid, state FROM calls WHERE ${OF_CALLER} ORDER BY call_sid FOR UPDATE`,
          [e164],
        );
        const live = calls.filter(({ state }) => state !== 'ended').map(({ call_sid }) => call_sid);
        if (live.length > 0) {
          throw new BridgeError('CONFLICT', 'A call of this caller is not over: end it first.', { callSids: live });
        }
        const callSids = calls.map(({ call_sid }) => call_sid);
        await query('DELETE FROM call_events WHERE call_sid = ANY ($1)', [callSids]);
        await query('DELETE FROM calls WHERE call_sid = ANY ($1)', [callSids]);
        await query('DELETE FROM outbound_orders WHERE to_number = $1', [e164]);
        await forgetAnswers(query, e164);
        await tellGone(query, callSids);
        await enterAudit(
          query,
          {
            action: 'caller.deleted',
            subject: `caller/${masked(e164)}`,
            before: { calls: callSids.length },
            after: null,
          },
          actor,
          clock.now(),
        );
        return callSids;
      });
    },
  };
}

/** Only the last two digits: enough to find the request it answered, too little to find the person. */
function masked(e164: string): string {
  return `${'*'.repeat(Math.max(0, e164.length - 2))}${e164.slice(-2)}`;
}
