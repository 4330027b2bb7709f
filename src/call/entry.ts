import type { AgentVersion } from '../directory/agent.js';
import type { EndReason } from './record.js';
import type { CallSession } from './session.js';
import type { AfterStream } from './state.js';
import type { WaitingVoice } from './waiting-voice.js';

/** Why a call comes back to its agent. */
export type Return = 'line-interrupted' | 'nobody-answered';

/** What is known of a call while it rings, is live, and for a while after. */
export interface Entry {
  callSid: string;
  session: CallSession | undefined;
  voice: WaitingVoice | undefined;
  /** What the carrier is told when it asks; undefined while nothing was decided. */
  next: AfterStream | undefined;
  isFinished: boolean;
  /** The number of the newest report of the carrier. */
  reportedSequence: number;
  /** It rang here and no media stream has come (yet). */
  isRinging: boolean;
  /** The number of ours that it counts for. */
  number: string | undefined;
  /** The version that serves it, whatever becomes of the agent meanwhile. */
  agent: AgentVersion | undefined;
  /** What the carrier was answered when the call rang; it asks again when the answer got lost. */
  answer: Promise<string> | undefined;
  /** What a person hears before a caller is put through. */
  whisper: string | undefined;
  /** Why it ends if it ends while it rings. */
  leavingAs: EndReason | undefined;
  /** The carrier could not open its media stream. */
  isStreamBroken: boolean;
  returned: Return | undefined;
  reconnectionTimesMs: number[];
  cancelForget: () => void;
}

export function newEntry(callSid: string): Entry {
  return {
    callSid,
    session: undefined,
    voice: undefined,
    next: undefined,
    isFinished: false,
    reportedSequence: -1,
    isRinging: false,
    number: undefined,
    agent: undefined,
    answer: undefined,
    whisper: undefined,
    leavingAs: undefined,
    isStreamBroken: false,
    returned: undefined,
    reconnectionTimesMs: [],
    cancelForget: () => undefined,
  };
}
