import { responseGaps } from '../expect/measures.js';
import type { Failure, ReplayResult } from '../replayed-call.js';

/** One replay of one call. */
export interface RunCall {
  readonly result: ReplayResult;
  /** Label of the variant; empty when there is only the call as it is. */
  readonly variant: string;
  /** Counted from 1. */
  readonly round: number;
}

/** Everything that was replayed by one command. */
export interface Run {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly tookMs: number;
  /** On what, in words. */
  readonly where: string;
  /** Labels, in the order of the table's columns. */
  readonly variants: readonly string[];
  readonly rounds: number;
  /** How many replays were asked for; fewer were made when it ended at the first failure. */
  readonly wanted: number;
  readonly calls: readonly RunCall[];
}

/** `not-run`: the call could not be placed, so that nothing is known about what it expects. */
export type Verdict = 'passed' | 'failed' | 'not-run';

export function verdictOf({ call, failures }: ReplayResult): Verdict {
  if (!call) return 'not-run';
  return failures.length === 0 ? 'passed' : 'failed';
}

/** All replays of a call in one variant. */
export interface Cell {
  readonly variant: string;
  readonly calls: readonly RunCall[];
  readonly passedCount: number;
  /** The worst of them. */
  readonly verdict: Verdict;
  /** The longest wait for an answer in all of them, in ms. */
  readonly slowestGapMs: number | undefined;
}

/** A call with one cell for each variant in which it was replayed. */
export interface Row {
  readonly name: string;
  readonly description: string;
  readonly verdict: Verdict;
  readonly cells: readonly Cell[];
}

const WORST_FIRST: readonly Verdict[] = ['not-run', 'failed', 'passed'];

/** One row a call, in the order in which they were replayed. */
export function rowsOf({ calls, variants }: Pick<Run, 'calls' | 'variants'>): Row[] {
  const names = [...new Set(calls.map(({ result }) => result.name))];
  return names.map((name) => {
    const ofCall = calls.filter(({ result }) => result.name === name);
    const cells = variants
      .map((variant) => ofCall.filter((each) => each.variant === variant))
      .filter((each) => each.length > 0)
      .map(cellOf);
    return {
      name,
      description: ofCall[0]?.result.description ?? '',
      verdict: worst(cells.map(({ verdict }) => verdict)),
      cells,
    };
  });
}

function cellOf(calls: readonly RunCall[]): Cell {
  const verdicts = calls.map(({ result }) => verdictOf(result));
  const gaps = calls.flatMap(({ result }) => (result.call ? responseGaps(result.call).map(({ gapMs }) => gapMs) : []));
  return {
    variant: calls[0]?.variant ?? '',
    calls,
    passedCount: verdicts.filter((verdict) => verdict === 'passed').length,
    verdict: worst(verdicts),
    slowestGapMs: gaps.length > 0 ? Math.max(...gaps) : undefined,
  };
}

function worst(verdicts: readonly Verdict[]): Verdict {
  return WORST_FIRST.find((verdict) => verdicts.includes(verdict)) ?? 'passed';
}

/** How often each expectation failed, the most frequent first, with one example. */
export interface FailureCount {
  readonly field: string;
  /** Replays in which it failed. */
  readonly count: number;
  readonly example: Failure;
}

export function failureCounts(results: readonly ReplayResult[]): FailureCount[] {
  const counts = new Map<string, { field: string; count: number; example: Failure }>();
  for (const { failures } of results) {
    const seen = new Set<string>();
    for (const failure of failures) {
      if (seen.has(failure.field)) continue;
      seen.add(failure.field);
      const known = counts.get(failure.field);
      if (known) known.count++;
      else counts.set(failure.field, { field: failure.field, count: 1, example: failure });
    }
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}

/** 0 all as expected, 1 an expectation failed, 2 a call could not be placed. */
export function exitCodeOf({ calls }: Pick<Run, 'calls'>): 0 | 1 | 2 {
  const verdicts = calls.map(({ result }) => verdictOf(result));
  if (verdicts.includes('not-run')) return 2;
  return verdicts.includes('failed') ? 1 : 0;
}

/** `9 of 12 calls as expected`, and what else there is to say in a line. */
export function runSentence(run: Run): string {
  const verdicts = run.calls.map(({ result }) => verdictOf(result));
  const count = (wanted: Verdict) => verdicts.filter((verdict) => verdict === wanted).length;
  const things = run.variants.length > 1 || run.rounds > 1 ? 'replays' : 'calls';
  const left = run.wanted - run.calls.length;
  const parts = [
    ...(count('failed') > 0 ? [`${count('failed')} of ${verdicts.length} ${things} not as expected`] : []),
    ...(count('not-run') > 0 ? [`${count('not-run')} could not be run`] : []),
    ...(left > 0 ? [`${left} not begun`] : []),
  ];
  return parts.length === 0 ? `${verdicts.length} ${things} as expected` : parts.join(', ');
}
