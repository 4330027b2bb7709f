import type { CallEvent } from '../../call/events.ts';
import type { CallSummary, Turn } from './types.ts';

export const PHASES = ['ringing', 'listening', 'speaking', 'tool', 'waiting', 'renewing', 'ended'] as const;
export type Phase = (typeof PHASES)[number];

/** A call as the board shows it, made of its summary and of what happened since. */
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
  /** When the last word of each side became known, wall time in ms. */
  readonly agentWordAtMs: number | undefined;
  readonly callerWordAtMs: number | undefined;
  readonly runningTools: readonly { readonly id: string; readonly name: string; readonly sinceMs: number }[];
  /** Model streams that are open, by their index. */
  readonly openStreams: readonly number[];
  readonly hasHadStream: boolean;
  readonly isSensitive: boolean;
}

export type TimedEvent = CallEvent & { readonly wallTime: string };

/** Words of the agent that came this long ago are still being spoken, as far as the board can know. */
const SPEAKING_MS = 1200;

export function liveCallOf(summary: CallSummary): LiveCall {
  return {
    callSid: summary.callSid,
    direction: summary.direction,
    from: summary.from,
    to: summary.to,
    agentId: summary.agentId,
    agentVersion: summary.agentVersion,
    state: summary.state,
    endReason: summary.endReason,
    test: summary.test,
    startedAtMs: Date.parse(summary.startedAt),
    mediaStartedAtMs: summary.mediaStartedAt === null ? undefined : Date.parse(summary.mediaStartedAt),
    endedAtMs: summary.endedAt === null ? undefined : Date.parse(summary.endedAt),
    lastTurn: undefined,
    agentWordAtMs: undefined,
    callerWordAtMs: undefined,
    runningTools: [],
    openStreams: [],
    hasHadStream: false,
    isSensitive: false,
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
    case 'turnChanged':
      return event.turn.role === 'agent'
        ? { ...before, lastTurn: event.turn, agentWordAtMs: atMs }
        : { ...before, lastTurn: event.turn, callerWordAtMs: atMs };
    case 'interrupted':
      return { ...before, agentWordAtMs: undefined };
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

/** What was said last, as far as it was heard. How much of an agent's turn was heard is known once it is over. */
export function heardWordsOf({ lastTurn }: LiveCall): string {
  if (lastTurn?.role !== 'agent') return lastTurn?.text ?? '';
  return lastTurn.interrupted || lastTurn.heardText !== '' ? lastTurn.heardText : lastTurn.text;
}

/** What the call is doing at that moment, and since when. */
export function phaseOf(call: LiveCall, nowMs: number): { phase: Phase; sinceMs: number; tool?: string } {
  if (call.state === 'ended') return { phase: 'ended', sinceMs: call.endedAtMs ?? nowMs };
  if (call.state === 'ringing') return { phase: 'ringing', sinceMs: call.startedAtMs };
  const startedMs = call.mediaStartedAtMs ?? call.startedAtMs;
  const [tool] = call.runningTools;
  if (call.agentWordAtMs !== undefined && nowMs - call.agentWordAtMs < SPEAKING_MS) {
    return { phase: 'speaking', sinceMs: call.agentWordAtMs };
  }
  if (tool) return { phase: 'tool', sinceMs: tool.sinceMs, tool: tool.name };
  if (call.openStreams.length > 1 || (call.hasHadStream && call.openStreams.length === 0)) {
    return { phase: 'renewing', sinceMs: nowMs };
  }
  const spokenMs = Math.max(startedMs, call.agentWordAtMs ?? 0, call.callerWordAtMs ?? 0);
  return call.lastTurn?.role === 'caller'
    ? { phase: 'waiting', sinceMs: spokenMs }
    : { phase: 'listening', sinceMs: spokenMs };
}

/** For how long nobody has said anything, in ms. */
export function silentForMs(call: LiveCall, nowMs: number): number {
  if (call.state !== 'live') return 0;
  const { phase, sinceMs } = phaseOf(call, nowMs);
  if (phase === 'speaking') return 0;
  const spokenMs = Math.max(
    call.mediaStartedAtMs ?? call.startedAtMs,
    call.agentWordAtMs ?? 0,
    call.callerWordAtMs ?? 0,
  );
  return Math.max(0, nowMs - (phase === 'listening' || phase === 'waiting' ? sinceMs : spokenMs));
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
    agentWordAtMs: undefined,
    callerWordAtMs: undefined,
    runningTools: [],
    openStreams: [],
    hasHadStream: false,
    isSensitive: false,
  };
}
