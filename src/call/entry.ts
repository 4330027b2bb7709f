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
  /** Its media stream was closed so that another instance goes on with it, and no other stream has come. */
  isHandedOver: boolean;
  /** How long it had lasted when it was taken up from another instance, or handed over to one, in ms. */
  lastedMs: number;
  /** The number of ours that it counts for. */
  number: string | undefined;
  /** The version that serves it, whatever becomes of the agent meanwhile. */
  agent: AgentVersion | undefined;
  /** What is remembered of the caller. */
  facts: readonly string[];
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
  handOverTimesMs: number[];
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
    isHandedOver: false,
    lastedMs: 0,
    number: undefined,
    agent: undefined,
    facts: [],
    answer: undefined,
    whisper: undefined,
    leavingAs: undefined,
    isStreamBroken: false,
    returned: undefined,
    reconnectionTimesMs: [],
    handOverTimesMs: [],
    cancelForget: () => undefined,
  };
}

/** A call may come back to a new media stream this often within so many ms; then the fallback serves it. */
const MAX_RECONNECTIONS = 3;
/** One instance after the other is stopped in a deploy, and a call may be with each of them in turn. */
export const MAX_HAND_OVERS = 12;
const WITHIN_MS = 300_000;

/**
 * Counts one more return of the call to a new media stream, and remembers why it comes back; false when there have been too
 * many of late. Too many hand-overs count as a line that breaks, and so does each stream that did not open (`isUnopened`).
 */
export function comesBack(entry: Entry, nowMs: number, isUnopened: boolean): boolean {
  entry.handOverTimesMs = recentOf(entry.handOverTimesMs, nowMs);
  if (entry.isHandedOver && !isUnopened && entry.handOverTimesMs.length < MAX_HAND_OVERS) {
    entry.handOverTimesMs.push(nowMs);
    entry.returned = 'handed-over';
    return true;
  }
  entry.reconnectionTimesMs = recentOf(entry.reconnectionTimesMs, nowMs);
  if (entry.reconnectionTimesMs.length >= MAX_RECONNECTIONS) return false;
  entry.reconnectionTimesMs.push(nowMs);
  // The agent has not been able to say yet that nobody answered.
  const isStillToBeTold = isUnopened && entry.returned === 'nobody-answered';
  if (!isStillToBeTold) entry.returned = 'line-interrupted';
  return true;
}

/** Those times that count for a limit. */
export function recentOf(timesMs: readonly number[], nowMs: number): number[] {
  return timesMs.filter((timeMs) => nowMs - timeMs < WITHIN_MS);
}

/** Whether the call counts for its number: it rings, is live, or is about to be put through. */
export function isActive({ session, isRinging, next, isFinished }: Entry): boolean {
  return session !== undefined || isRinging || (next?.kind === 'dial' && !isFinished);
}
