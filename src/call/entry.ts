import type { AgentVersion } from '../directory/agent.js';
import type { EndReason, Return } from './record.js';
import type { CallSession } from './session.js';
import type { AfterStream } from './state.js';
import type { WaitingVoice } from './waiting-voice.js';

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
  /** How long it had lasted when it was taken up from another instance, in ms. */
  lastedMs: number;
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
    lastedMs: 0,
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

/** A call may come back to a new media stream this often within so many ms; then the fallback serves it. */
const MAX_RECONNECTIONS = 3;
const RECONNECTIONS_WITHIN_MS = 300_000;

/** Counts one more return of the call to a new media stream; false when there have been too many of late. */
export function mayComeBack(entry: Entry, nowMs: number): boolean {
  const recent = entry.reconnectionTimesMs.filter((timeMs) => nowMs - timeMs < RECONNECTIONS_WITHIN_MS);
  entry.reconnectionTimesMs = recent;
  if (recent.length >= MAX_RECONNECTIONS) return false;
  recent.push(nowMs);
  return true;
}
