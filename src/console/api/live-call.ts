import type { OngoingCall } from '../../call/call-store.ts';
import type { CallEvent } from '../../call/events.ts';
import type { AgentTurn, CallSummary, Turn } from './types.ts';

export const PHASES = ['ringing', 'listening', 'speaking', 'tool', 'waiting', 'renewing', 'ended'] as const;
export type Phase = (typeof PHASES)[number];

/** A call that goes on, as the stream begins with it. */
export type LiveSummary = CallSummary & Pick<OngoingCall, 'now'>;

/** A call as the board shows it, made of how it stood at first and of what happened since. */
export interface LiveCall {
  readonly callSid: string;
  readonly direction: CallSummary['direction'];
  readonly from: string;
  readonly to: string;
  readonly agentId: string | null;
  readonly agentVersion: number | null;
  readonly state: CallSummary['state'];
  readonly endReason: CallSummary['endReason'];
  readonly test: boolean;
  /** Wall time, in ms. */
  readonly startedAtMs: number;
  readonly mediaStartedAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
  readonly lastTurn: Turn | undefined;
  /** Its place among the turns; -1: nobody has spoken. */
  readonly lastTurnIndex: number;
  /** When its first word was spoken, and its last one as far as it has one; wall time in ms. */
  readonly turnFromMs: number | undefined;
  readonly turnToMs: number | undefined;
  readonly runningTools: readonly { readonly id: string; readonly name: string; readonly sinceMs: number }[];
  /** Model streams that are open, by their index. */
  readonly openStreams: readonly number[];
  readonly hasHadStream: boolean;
  readonly isSensitive: boolean;
}

export type TimedEvent = CallEvent & { readonly wallTime: string };

/** In which an agent has spoken a letter at the slowest, and after which its turn has begun, in ms. */
const SLOWEST_LETTER_MS = 120;
const LATEST_BEGINNING_MS = 2000;

export function liveCallOf(summary: LiveSummary): LiveCall {
  const { now, ...call } = summary;
  const startedAtMs = Date.parse(call.startedAt);
  const mediaStartedAtMs = call.mediaStartedAt === null ? undefined : Date.parse(call.mediaStartedAt);
  const zeroMs = mediaStartedAtMs ?? startedAtMs;
  return {
    callSid: call.callSid,
    direction: call.direction,
    from: call.from,
    to: call.to,
    agentId: call.agentId,
    agentVersion: call.agentVersion,
    state: call.state,
    endReason: call.endReason,
    test: call.test,
    startedAtMs,
    mediaStartedAtMs,
    endedAtMs: call.endedAt === null ? undefined : Date.parse(call.endedAt),
    lastTurn: now.lastTurn ?? undefined,
    lastTurnIndex: call.turnCount - 1,
    turnFromMs: now.lastTurn ? zeroMs + now.lastTurn.startMs : undefined,
    turnToMs: now.lastTurn ? zeroMs + now.lastTurn.endMs : undefined,
    runningTools: now.runningTools.map(({ id, name, startMs }) => ({ id, name, sinceMs: zeroMs + startMs })),
    openStreams: now.openStreams,
    hasHadStream: now.hasHadStream,
    isSensitive: now.isSensitive,
  };
}

/** The call after a fact. A call that nobody had heard of before begins with its first one. */
export function happened(call: LiveCall | undefined, event: TimedEvent): LiveCall {
  const atMs = Date.parse(event.wallTime);
  const before = call ?? unknownCall(event.callSid, atMs);
  switch (event.kind) {
    case 'rang': {
      const { direction, from, to, agentId, agentVersion, test } = event;
      return { ...before, direction, from, to, agentId, agentVersion, test, startedAtMs: atMs };
    }
    case 'takenUp': {
      const { direction, from, to, agentId, agentVersion, state } = event;
      return { ...before, direction, from, to, agentId, agentVersion, state };
    }
    case 'answered':
      return {
        ...before,
        state: 'live',
        endReason: null,
        endedAtMs: undefined,
        mediaStartedAtMs: before.mediaStartedAtMs ?? atMs,
      };
    case 'streamChanged': {
      const others = before.openStreams.filter((index) => index !== event.index);
      const openStreams = event.stream.closedMs === null ? [...others, event.index] : others;
      return { ...before, openStreams, hasHadStream: true };
    }
    case 'turnChanged': {
      const { index, turn } = event;
      // More may become known of an earlier one, as of one that was cut.
      if (index < before.lastTurnIndex) return before;
      const zeroMs = before.mediaStartedAtMs ?? before.startedAtMs;
      const turnFromMs = Math.min(atMs, zeroMs + turn.startMs);
      return {
        ...{ ...before, lastTurn: turn, lastTurnIndex: index, turnFromMs },
        turnToMs: Math.min(atMs, zeroMs + turn.endMs),
      };
    }
    case 'toolChanged': {
      const { id, name, outcome } = event.toolCall;
      const others = before.runningTools.filter((tool) => tool.id !== id);
      return { ...before, runningTools: outcome === 'running' ? [...others, { id, name, sinceMs: atMs }] : others };
    }
    case 'sensitiveChanged':
      return { ...before, isSensitive: event.active };
    case 'ended':
      return {
        ...before,
        state: 'ended',
        endReason: event.endReason,
        endedAtMs: atMs,
        runningTools: [],
        openStreams: [],
      };
    default:
      return before;
  }
}

/** Words as the caller has them in the ear, and those that an agent who is speaking means to say after them. */
export interface Words {
  readonly heard: string;
  readonly ahead: string;
}

/**
 * How much of an agent's turn was heard is known once it is over; until then, what was given to the line counts as heard.
 */
export function wordsOfTurn(turn: Turn): Words {
  if (turn.role === 'caller') return { heard: turn.text, ahead: '' };
  const { text, sentText = '', heardText } = turn;
  if (!isGoingOn(turn)) return { heard: heardText, ahead: '' };
  const heard = text.startsWith(sentText) ? sentText : '';
  return { heard, ahead: text.slice(heard.length) };
}

/** What was said last. */
export function lastWordsOf({ lastTurn }: LiveCall): Words {
  return lastTurn ? wordsOfTurn(lastTurn) : { heard: '', ahead: '' };
}

/** What the call is doing at that moment, and since when. */
export function phaseOf(call: LiveCall, nowMs: number): { phase: Phase; sinceMs: number; tool?: string } {
  if (call.state === 'ended') return { phase: 'ended', sinceMs: call.endedAtMs ?? nowMs };
  if (call.state === 'ringing') return { phase: 'ringing', sinceMs: call.startedAtMs };
  const spokenMs = spokenAtMs(call);
  if (isAgentSpeaking(call, nowMs)) return { phase: 'speaking', sinceMs: call.turnFromMs ?? spokenMs };
  const [tool] = call.runningTools;
  if (tool) return { phase: 'tool', sinceMs: tool.sinceMs, tool: tool.name };
  if (call.openStreams.length > 1 || (call.hasHadStream && call.openStreams.length === 0)) {
    return { phase: 'renewing', sinceMs: nowMs };
  }
  return { phase: call.lastTurn?.role === 'caller' ? 'waiting' : 'listening', sinceMs: spokenMs };
}

/** For how long nobody has said anything, in ms. */
export function silentForMs(call: LiveCall, nowMs: number): number {
  if (call.state !== 'live' || isAgentSpeaking(call, nowMs)) return 0;
  return Math.max(0, nowMs - spokenAtMs(call));
}

/** When the last word was spoken, or the line opened before there was one; wall time in ms. */
function spokenAtMs(call: LiveCall): number {
  return Math.max(call.mediaStartedAtMs ?? call.startedAtMs, call.turnToMs ?? 0);
}

/** What was heard of a turn is known once it is over. One whose end was never told ends when its words must have been spoken. */
function isAgentSpeaking({ lastTurn, turnFromMs }: LiveCall, nowMs: number): boolean {
  if (lastTurn?.role !== 'agent' || turnFromMs === undefined || !isGoingOn(lastTurn)) return false;
  return nowMs - turnFromMs < LATEST_BEGINNING_MS + lastTurn.text.length * SLOWEST_LETTER_MS;
}

/** Whether it is still being spoken, as far as its record tells. */
export function isGoingOn({ interrupted, heardMs }: AgentTurn): boolean {
  return !interrupted && heardMs === 0;
}

function unknownCall(callSid: string, atMs: number): LiveCall {
  return {
    callSid,
    direction: 'inbound',
    from: '',
    to: '',
    agentId: null,
    agentVersion: null,
    state: 'ringing',
    endReason: null,
    test: false,
    startedAtMs: atMs,
    mediaStartedAtMs: undefined,
    endedAtMs: undefined,
    lastTurn: undefined,
    lastTurnIndex: -1,
    turnFromMs: undefined,
    turnToMs: undefined,
    runningTools: [],
    openStreams: [],
    hasHadStream: false,
    isSensitive: false,
  };
}
