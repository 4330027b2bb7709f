/** An outbound call that was ordered: what its voice webhook must know. */
export interface OutboundOrder {
  id: string;
  /** Known once the carrier has taken it. */
  callSid: string | null;
  from: string;
  to: string;
  agentId: string;
  agentVersion: number;
  variables: Readonly<Record<string, string>>;
  onMachine: 'continue' | 'hang-up' | { say: string };
}

/** Orders of outbound calls, seen by every instance, kept for a day. */
export interface OutboundOrders {
  enter(order: OutboundOrder): Promise<void>;
  /** The carrier has taken it. Kept behind the caller's back: nothing that comes after may fail. */
  placed(id: string, callSid: string): void;
  find(id: string): Promise<OutboundOrder | undefined>;
}
