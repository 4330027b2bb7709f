import type { FigureFilter, Figures } from '../../src/call/figures.js';
import type { CallRecord, EndReason } from '../../src/call/record.js';

/** The figures of these calls, counted by hand. */
export function figuresOf(calls: readonly CallRecord[]): Figures {
  const agentTurns = calls.flatMap(({ turns }) => turns.filter((turn) => turn.role === 'agent'));
  const gapsMs = agentTurns.flatMap(({ responseGapMs }) => responseGapMs ?? []);
  const tools = calls.flatMap(({ toolCalls }) => toolCalls).filter(({ outcome }) => outcome !== 'running');
  const streams = calls.flatMap((call) => call.streams);
  const ended = calls.filter(({ state, durationMs }) => state === 'ended' && durationMs !== null);
  const callMs = sumOf(ended.map(({ durationMs }) => durationMs!)) || null;
  const endReasons: Partial<Record<EndReason, number>> = {};
  for (const { endReason } of calls) if (endReason) endReasons[endReason] = (endReasons[endReason] ?? 0) + 1;
  return {
    calls: calls.length,
    endReasons,
    answers: gapsMs.length,
    responseGapP50Ms: percentileOf(gapsMs, 0.5),
    responseGapP95Ms: percentileOf(gapsMs, 0.95),
    agentTurns: agentTurns.length,
    interruptions: agentTurns.length === 0 ? null : agentTurns.filter(({ interrupted }) => interrupted).length,
    toolCalls: tools.length,
    toolFailures: tools.length === 0 ? null : tools.filter(({ outcome }) => outcome === 'failed').length,
    callMs,
    deadAirMs: callMs === null ? null : sumOf(ended.map(({ audio }) => audio.deadAirMs)),
    renewals: streams.length === 0 ? null : streams.filter(({ closed }) => closed === 'renewed').length,
  };
}

/** The calls of each bucket of a filter, by when they began. */
export function bucketsOf(
  calls: readonly CallRecord[],
  { fromMs, toMs, bucketMs }: Pick<FigureFilter, 'fromMs' | 'toMs' | 'bucketMs'>,
): CallRecord[][] {
  const buckets: CallRecord[][] = [];
  for (let beginsMs = fromMs; beginsMs < toMs; beginsMs += bucketMs) {
    buckets.push(within(calls, beginsMs, Math.min(beginsMs + bucketMs, toMs)));
  }
  return buckets;
}

export function within(calls: readonly CallRecord[], fromMs: number, toMs: number): CallRecord[] {
  return calls.filter(({ startedAt }) => Date.parse(startedAt) >= fromMs && Date.parse(startedAt) < toMs);
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0);
}

/** Between the two values that are nearest to that place in their order. */
function percentileOf(values: readonly number[], part: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const place = part * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return low + (high - low) * (place - Math.floor(place));
}
