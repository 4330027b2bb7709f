import type { CallStore } from '../call/call-store.js';
import { DIAL_LIMIT_MS } from '../call/places.js';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import { findUnstorable, requireStorable } from '../storable.js';
import { activeCalls } from './active-calls.js';
import { enterAudit } from './audit.js';
import { type CallRow, findRecord, summaryOfRow } from './call-rows.js';
import { callPosition, listStatement, positionOfRow } from './calls-list.js';
import { pageOf, positionOf } from './cursor.js';
import type { Database, Query } from './database.js';
import { tellGone } from './gone-calls.js';
import { forgetAnswers } from './idempotency.js';
import { ALIVE, ANSWERS } from './instances.js';
import { takeCall } from './taken-calls.js';
import { forgetDeliveries } from './webhook-deliveries.js';

/** A number of ours: dialled by callers, or what outbound calls come from. `$1` is the number. */
const OVER_NUMBER = "((direction = 'inbound' AND to_number = $1) OR (direction = 'outbound' AND from_number = $1))";
/** Left its agent for a person whom the carrier dialled, and the carrier has not said that it is over. */
const PUT_THROUGH = `(state = 'ended' AND end_reason IN ('transferred', 'fallback') AND transferred_to IS NOT NULL
  AND NOT coalesce(carrier_status, '') = ANY ('{completed,busy,failed,no-answer,canceled}'))`;
/** Its instance has closed its media stream so that another one goes on with it. */
const HANDED_OVER = "(state = 'live' AND coalesce(streams -> -1 ->> 'closed', '') = 'handed-over')";
/** The person on the telephone. */
const OF_CALLER = "((direction = 'inbound' AND from_number = $1) OR (direction = 'outbound' AND to_number = $1))";

/** Calls of all instances, from the database. */
export function storedCalls(options: { database: Database; instanceId: string; clock: Clock }): CallStore {
  const { database, instanceId, clock } = options;
  const isName = (text: string) => findUnstorable(text).length === 0;

  return {
    find: async (callSid) => (isName(callSid) ? findRecord(database.query, callSid) : undefined),

    active: () => activeCalls(database.query),

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

    async holderOf(callSid) {
      if (!isName(callSid)) return undefined;
      const [holder] = await database.query<{ id: string; url: string | null }>(
        `SELECT calls.instance_id AS id, instances.url FROM calls
         LEFT JOIN instances ON instances.id = calls.instance_id AND ${ANSWERS} AND NOT ${HANDED_OVER}
         WHERE call_sid = $1`,
        [callSid],
      );
      return holder && { id: holder.id, url: holder.url ?? undefined };
    },

    takeUp: async (callSid) => (isName(callSid) ? takeCall(database, instanceId, callSid) : undefined),

    async useOf(number, sinceMs) {
      // One by one: each reads its index.
      const nowMs = clock.now();
      const dialledSinceMs = nowMs - DIAL_LIMIT_MS;
      const [use] = await database.query<{
        active_calls: number;
        used_ms: number;
        dials: { callSid: string; endedMs: number }[];
      }>(
        `WITH elsewhere AS (
           SELECT calls.started_at FROM calls JOIN instances ON instances.id = calls.instance_id
           WHERE state <> 'ended' AND instance_id <> $2 AND ${ALIVE} AND ${OVER_NUMBER}
         )
         SELECT
           (SELECT count(*)::integer FROM elsewhere) AS active_calls,
           (SELECT coalesce(sum(duration_ms), 0) FROM calls
            WHERE to_number = $1 AND direction = 'inbound' AND state = 'ended' AND started_at >= $3)
           + (SELECT coalesce(sum(duration_ms), 0) FROM calls
            WHERE from_number = $1 AND direction = 'outbound' AND state = 'ended' AND started_at >= $3)
           + (SELECT coalesce(sum(greatest(0, extract(epoch FROM $4::timestamptz - started_at))), 0)::float8 * 1000
            FROM elsewhere WHERE started_at >= $3) AS used_ms,
           (SELECT coalesce(json_agg(json_build_object(
              'callSid', call_sid, 'endedMs', extract(epoch FROM ended_at)::float8 * 1000)), '[]')
            FROM calls WHERE ${OVER_NUMBER} AND ${PUT_THROUGH} AND started_at >= $5 AND ended_at >= $6) AS dials`,
        [
          number,
          instanceId,
          new Date(sinceMs),
          new Date(nowMs),
          // An agent speaks to nobody for longer than a dial may last.
          new Date(dialledSinceMs - DIAL_LIMIT_MS),
          new Date(dialledSinceMs),
        ],
      );
      const dials = use?.dials ?? [];
      return {
        activeCalls: use?.active_calls ?? 0,
        usedMs: use?.used_ms ?? 0,
        dials: dials.map(({ callSid, endedMs }) => ({ callSid, lastedMs: Math.max(0, nowMs - endedMs) })),
      };
    },

    async deleteCaller(person, actor, remove = async () => undefined, elsewhere = async () => undefined) {
      requireStorable(person, 'e164');
      const removed = new Set<string>();
      let others: Promise<unknown> | undefined;
      for (;;) {
        const found = await endedCallsOf(database.query, person);
        const fresh = found.filter((callSid) => !removed.has(callSid));
        others ??= elsewhere();
        const memories = await others;
        if (fresh.length > 0) await remove(fresh);
        for (const callSid of fresh) removed.add(callSid);
        const deleted = await database.transaction(async (query) => {
          const callSids = await endedCallsOf(query, person, 'FOR UPDATE');
          // One has come and ended meanwhile.
          if (callSids.some((callSid) => !removed.has(callSid))) return undefined;
          await query('DELETE FROM call_events WHERE call_sid = ANY ($1)', [callSids]);
          await query('DELETE FROM calls WHERE call_sid = ANY ($1)', [callSids]);
          await query('DELETE FROM outbound_orders WHERE to_number = $1', [person]);
          await forgetAnswers(query, person);
          await forgetDeliveries(query, callSids);
          await tellGone(query, callSids);
          const subject = `caller/${masked(person)}`;
          const entry = {
            action: 'caller.deleted',
            subject,
            before: { calls: callSids.length, memories },
            after: null,
          };
          await enterAudit(query, entry, actor, clock.now());
          return callSids;
        });
        if (deleted) return deleted;
      }
    },
  };
}

/** The calls of a person. CONFLICT while one of them is not over. */
async function endedCallsOf(query: Query, person: string, lock = ''): Promise<string[]> {
  const calls = await query<{ call_sid: string; state: string }>(
    `SELECT call_sid, state FROM calls WHERE ${OF_CALLER} ORDER BY call_sid ${lock}`,
    [person],
  );
  const live = calls.filter(({ state }) => state !== 'ended').map(({ call_sid }) => call_sid);
  if (live.length === 0) return calls.map(({ call_sid }) => call_sid);
  throw new BridgeError('CONFLICT', `A call of this caller is not over, end it first: ${live.join(', ')}.`, {
    callSids: live,
  });
}

/** Only the last two digits: enough to find the request it answered, too little to find the person. */
function masked(person: string): string {
  return `${'*'.repeat(Math.max(0, person.length - 2))}${person.slice(-2)}`;
}
