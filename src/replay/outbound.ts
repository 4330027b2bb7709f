import type { OutboundRequest } from '../call/control.js';
import type { CalleeAnswer } from '../emulator/phone/contract.js';
import { BridgeError } from '../errors.js';
import type { Outbound } from './fixture/outbound-schema.js';
import type { CallScript } from './fixture/schema.js';

/** How the telephone at the other end meets an outbound call. */
export function calleeOf({ answer, after, detectedAfter }: Outbound): CalleeAnswer {
  const isAnswered = answer === 'person' || answer === 'machine';
  return {
    status: isAnswered ? 'answered' : answer,
    afterMs: answer === 'no-answer' ? Number.POSITIVE_INFINITY : after,
    answeredBy: answer === 'machine' ? 'machine_start' : 'human',
    detectionMs: detectedAfter,
  };
}

/** What the bridge is asked for. */
export function orderOf({ from, to }: CallScript, outbound: Outbound, agentId: string): OutboundRequest {
  const { onMachine, variables } = outbound;
  return { from, to, agentId, variables, onMachine };
}

/** The number of the call that is ours. */
export function ownNumberOf({ from, to, outbound }: Pick<CallScript, 'from' | 'to' | 'outbound'>): string {
  return outbound ? from : to;
}

/** Throws `FIXTURE_INVALID`: a bridge that runs somewhere must not call anybody for a test. */
export function refuseOutbound({ outbound }: CallScript): void {
  if (!outbound) return;
  const message =
    'a call that the bridge places is replayed on the local stack or in memory: here it would call a person';
  throw new BridgeError('FIXTURE_INVALID', message);
}
