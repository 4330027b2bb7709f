import type { AgentTurn, Call, ToolCall, Turn } from '../../api/types.ts';
import { SLOW_MS } from '../../parts/format.ts';

/** Below this many turns a percentile says nothing. */
export const FEWEST_FOR_PERCENTILES = 20;

export interface CallFigures {
  /** Turns of the agent that answered somebody. */
  readonly gapCount: number;
  /** Undefined below `FEWEST_FOR_PERCENTILES`. */
  readonly gapP50Ms: number | undefined;
  readonly gapP95Ms: number | undefined;
  readonly interruptions: number;
  /** How often a stream to the model was replaced by the next, as planned. */
  readonly renewals: number;
}

export function figuresOf({ turns, streams }: Call): CallFigures {
  const gaps = turns
    .flatMap((turn) => (turn.role === 'agent' && turn.responseGapMs !== undefined ? [turn.responseGapMs] : []))
    .sort((a, b) => a - b);
  const percentile = (share: number) =>
    gaps.length < FEWEST_FOR_PERCENTILES ? undefined : gaps[Math.ceil(share * gaps.length) - 1];
  return {
    gapCount: gaps.length,
    gapP50Ms: percentile(0.5),
    gapP95Ms: percentile(0.95),
    interruptions: turns.filter((turn) => turn.role === 'agent' && turn.interrupted).length,
    renewals: streams.filter(({ closed }) => closed === 'renewed').length,
  };
}

/** How long the call is drawn, in ms: to the end of what is known of it, and of one that goes on to now. */
export function lengthOf(call: Call, nowMs: number): number {
  const { turns, toolCalls, recording, mediaStartedAt, durationMs, state } = call;
  const known = [
    durationMs ?? 0,
    recording?.durationMs ?? 0,
    ...turns.slice(-3).map(({ startMs, endMs }) => Math.max(startMs, endMs)),
    ...toolCalls.slice(-3).map(({ startMs, durationMs: tookMs }) => startMs + tookMs),
  ];
  const isGoingOn = state === 'live' && mediaStartedAt !== null;
  return Math.max(1000, ...known, isGoingOn ? nowMs - Date.parse(mediaStartedAt) : 0);
}

/** The turn that has the floor at that time: the one that began last. */
export function turnAt(turns: readonly Turn[], atMs: number): number | undefined {
  let found: number | undefined;
  for (const [index, { startMs }] of turns.entries()) {
    if (startMs <= atMs && startMs >= (turns[found ?? -1]?.startMs ?? 0)) found = index;
  }
  return found;
}

/** Where to look: an agent that was interrupted, or that was slow. */
export function isNotable(turn: Turn): boolean {
  return turn.role === 'agent' && (turn.interrupted || (turn.responseGapMs ?? 0) >= SLOW_MS);
}

/** The next turn after that time to which `takes` says yes. */
export function nextTurn(
  turns: readonly Turn[],
  afterMs: number,
  takes: (turn: Turn) => boolean = () => true,
): number | undefined {
  const index = turns.findIndex((turn) => turn.startMs > afterMs && takes(turn));
  return index < 0 ? undefined : index;
}

/** The turn before the one of that time; that one itself when it has been going on for a while. */
export function previousTurn(turns: readonly Turn[], atMs: number): number | undefined {
  const index = turns.findLastIndex(({ startMs }) => startMs < atMs - 1000);
  return index < 0 ? undefined : index;
}

/** What ran between the words before a turn and its end. */
export function toolsOf(turn: AgentTurn, call: Call): ToolCall[] {
  const fromMs = turn.startMs - (turn.responseGapMs ?? 0);
  return call.toolCalls.filter(({ startMs }) => startMs >= fromMs && startMs <= Math.max(turn.startMs, turn.endMs));
}

export function wordCount(text: string): number {
  return text.split(/\s+/).filter(Boolean).length;
}
