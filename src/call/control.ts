import type { Actor } from '../access/actor.js';
import type { CallRecord } from './record.js';

export interface OutboundRequest {
  to: string;
  from: string;
  agentId: string;
  agentVersion?: number | undefined;
  variables: Readonly<Record<string, string>>;
  /** What happens when a machine answers; undefined: nobody finds out. */
  onMachine: 'continue' | 'hang-up' | { say: string } | undefined;
}

/** What a test call is dialled to. */
export const TEST_NUMBER = 'test';

export interface TestCallRequest {
  agentId: string;
  agentVersion?: number | undefined;
  from?: string | undefined;
  /** In place of the agent's own, in this call alone: how another voice or greeting would sound. */
  voiceId?: string | undefined;
  greeting?: string | undefined;
}

/** A test call that waits for its media stream: `url` is opened with the sub-protocols `oratio.ticket` and the ticket. */
export interface TestCall {
  callSid: string;
  url: string;
  ticket: string;
  expiresAt: string;
}

/**
 * What people do to the calls of this instance. BridgeErrors: NOT_FOUND, CALL_NOT_LIVE, DIAL_NOT_ALLOWED, REQUEST_INVALID
 * (with `field`), NUMBER_LIMIT_REACHED, NO_CAPACITY, and those of the carrier. Nothing is half-done: what fails leaves the call as it was.
 */
export interface CallControl {
  hangUp(callSid: string, actor: Actor): Promise<void>;
  /** Puts the caller through to a person, who first hears `whisper` (left out: a sentence made of what was said). */
  transfer(callSid: string, order: { to: string; whisper?: string | undefined }, actor: Actor): Promise<void>;
  /** Orders an outbound call and answers what is on record of it. */
  place(request: OutboundRequest, actor: Actor): Promise<CallRecord>;
  test(request: TestCallRequest, actor: Actor): Promise<TestCall>;
}
