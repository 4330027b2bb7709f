import type { OutboundOrder, OutboundOrders } from '../call/outbound.js';
import type { Clock } from '../clock.js';
import { findUnstorable, storable } from '../storable.js';
import type { Database, Query } from './database.js';
import type { UntilKept } from './until-kept.js';

/** A carrier has placed or refused a call long before. */
const KEPT_MS = 86_400_000;

interface OrderRow {
  id: string;
  call_sid: string | null;
  from_number: string;
  to_number: string;
  agent_id: string;
  agent_version: number;
  variables: OutboundOrder['variables'];
  on_machine: OutboundOrder['onMachine'];
}

/** Orders of outbound calls in the database: the carrier's webhook may come to any instance. */
export function storedOrders(options: {
  database: Database;
  clock: Clock;
  kept: Pick<UntilKept, 'keep'>;
}): OutboundOrders {
  const { database, clock, kept } = options;
  return {
    async enter(order) {
      await database.query(
        `INSERT INTO outbound_orders
           (id, call_sid, from_number, to_number, agent_id, agent_version, variables, on_machine, entered_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [
          ...[order.id, order.callSid, order.from, order.to, order.agentId, order.agentVersion],
          JSON.stringify(storable(order.variables)),
          JSON.stringify(storable(order.onMachine)),
          new Date(clock.now()),
        ],
      );
    },

    placed(id, callSid) {
      void kept.keep(`placing of the order ${id}`, () =>
        database.query('UPDATE outbound_orders SET call_sid = $2 WHERE id = $1', [id, callSid]),
      );
    },

    async find(id) {
      if (findUnstorable(id).length > 0) return undefined;
      const [row] = await database.query<OrderRow>('SELECT * FROM outbound_orders WHERE id = $1 AND entered_at > $2', [
        id,
        new Date(clock.now() - KEPT_MS),
      ]);
      return (
        row && {
          id: row.id,
          callSid: row.call_sid,
          from: row.from_number,
          to: row.to_number,
          agentId: row.agent_id,
          agentVersion: row.agent_version,
          variables: row.variables,
          onMachine: row.on_machine,
        }
      );
    },
  };
}

export async function pruneOrders(query: Query, nowMs: number): Promise<void> {
  await query('DELETE FROM outbound_orders WHERE entered_at < $1', [new Date(nowMs - KEPT_MS)]);
}
