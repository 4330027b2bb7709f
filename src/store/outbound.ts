import type { OutboundOrder, OutboundOrders } from '../call/outbound.js';
import { within } from '../call/within.js';
import type { Clock } from '../clock.js';
import { findUnstorable, storable } from '../storable.js';
import type { Database, Query } from './database.js';
import type { UntilKept } from './until-kept.js';

/** A carrier has placed or refused a call long before. */
const KEPT_MS = 86_400_000;
/** For whoever is dialled at this moment: they do not wait longer for the database, and the newest orders are known without. */
const LOOK_UP_LIMIT_MS = 2000;
const OWN_ORDERS = 1000;

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
}): OutboundOrders & { forget(e164: string): void } {
  const { database, clock, kept } = options;
  /** The newest of this instance, by their ids. */
  const own = new Map<string, OutboundOrder>();

  const look = async (id: string): Promise<OutboundOrder | undefined> => {
    const [row] = await database.query<OrderRow>('SELECT * FROM outbound_orders WHERE id = $1 AND entered_at > $2', [
      id,
      new Date(clock.now() - KEPT_MS),
    ]);
    return row && orderOf(row);
  };

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
      own.set(order.id, order);
      for (const oldest of own.keys()) {
        if (own.size <= OWN_ORDERS) break;
        own.delete(oldest);
      }
    },

    placed(id, callSid) {
      const order = own.get(id);
      if (order) own.set(id, { ...order, callSid });
      void kept.keep(`placing of the order ${id}`, () =>
        database.query('UPDATE outbound_orders SET call_sid = $2 WHERE id = $1', [id, callSid]),
      );
    },

    async find(id) {
      if (findUnstorable(id).length > 0) return undefined;
      try {
        return await within(clock, LOOK_UP_LIMIT_MS, look(id));
      } catch (error) {
        const order = own.get(id);
        if (!order) throw error;
        return order;
      }
    },

    /** Of whoever asked to be forgotten, in memory. */
    forget(e164) {
      for (const [id, { to }] of own) if (to === e164) own.delete(id);
    },
  };
}

function orderOf(row: OrderRow): OutboundOrder {
  return {
    id: row.id,
    callSid: row.call_sid,
    from: row.from_number,
    to: row.to_number,
    agentId: row.agent_id,
    agentVersion: row.agent_version,
    variables: row.variables,
    onMachine: row.on_machine,
  };
}

export async function pruneOrders(query: Query, nowMs: number): Promise<void> {
  await query('DELETE FROM outbound_orders WHERE entered_at < $1', [new Date(nowMs - KEPT_MS)]);
}
