import { BridgeError } from '../errors.js';

/** After one of these the carrier does not bring a call back. Source: Twilio, Call resource, status values. */
const FINAL_STATUSES: ReadonlySet<string> = new Set(['completed', 'busy', 'failed', 'no-answer', 'canceled']);

/** Whether this is the carrier's last word on a call. */
export function isFinalStatus(status: string): boolean {
  return FINAL_STATUSES.has(status);
}

/** Ways to fail on the way to the carrier, before anything could be sent. */
const NEVER_SENT: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/** Whether the carrier may have done what it was asked, although it gave no answer. */
export function mayHaveHeard(error: unknown): boolean {
  if (!(error instanceof BridgeError) || error.code !== 'CARRIER_UNREACHABLE') return false;
  return !NEVER_SENT.has(error.details.reason);
}

/** A person to be dialled in place of the agent. */
export interface DialOrder {
  to: string;
  /** The number shown to that person: one of ours. */
  callerId: string;
  /** What that person is told before the caller is put through, in a sentence. */
  whisper: string | undefined;
}

export interface PlaceOrder {
  /** Name of the order; comes back with the voice webhook and with every status. */
  orderId: string;
  from: string;
  to: string;
  detectMachine: boolean;
}

/**
 * The carrier's own doors to calls. Each may fail: CARRIER_REFUSED (with the carrier's `status`, `carrierCode` and words),
 * CARRIER_UNREACHABLE (with the `reason` when there was no answer), CARRIER_NOT_CONFIGURED.
 */
export interface Carrier {
  /** Ends a call whatever it is doing. One that is over already is no error. */
  hangUp(callSid: string): Promise<void>;
  /** Takes the call away from its media stream and puts it through to a person. CALL_NOT_LIVE when it is over. */
  dial(callSid: string, order: DialOrder): Promise<void>;
  /** Takes the call away from whatever it is doing, says this, and ends it. */
  sayAndHangUp(callSid: string, text: string): Promise<void>;
  /** Orders an outbound call; resolves when the carrier has taken the order. */
  place(order: PlaceOrder): Promise<{ callSid: string }>;
}
