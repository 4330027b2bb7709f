import { isDeepStrictEqual } from 'node:util';
import type { CallRecord, ToolCallRecord, Turn } from '../../call/record.js';
import { normalWords } from '../fixture/words.js';
import type { ReplayResult } from '../replayed-call.js';
import { aligned } from './align.js';
import { type Run, type RunCall, type Verdict, verdictOf } from './run-results.js';

/** Waits for an answer that differ by no more than this are the same, in ms. */
export const SAME_GAP_MS = 100;

/** What is compared of a call. */
export interface ComparedCall {
  readonly name: string;
  readonly variant: string;
  readonly round: number;
  readonly verdict: Verdict;
  /** Null when the bridge had none. */
  readonly record: ComparedRecord | null;
}

export interface ComparedRecord {
  readonly endReason: string | null;
  readonly turns: readonly ComparedTurn[];
  readonly toolCalls: readonly Pick<ToolCallRecord, 'name' | 'input' | 'output' | 'outcome' | 'startMs'>[];
}

export type ComparedTurn =
  | Pick<Turn & { role: 'caller' }, 'role' | 'text' | 'startMs'>
  | (Pick<Turn & { role: 'agent' }, 'role' | 'text' | 'heardText' | 'interrupted' | 'startMs'> & {
      readonly responseGapMs?: number | undefined;
    });

/** An earlier run, as its JSON file has it. */
export interface EarlierRun {
  readonly startedAt: string;
  readonly calls: readonly ComparedCall[];
}

/** One thing of a call that is not as it was. */
export interface Difference {
  readonly kind: 'verdict' | 'turn' | 'text' | 'interrupted' | 'gap' | 'tool' | 'ending';
  /** What it is about, such as `turn 2 (agent)`. */
  readonly about: string;
  readonly before: string;
  readonly now: string;
  /** Of the present call, in ms of its media stream. */
  readonly atMs?: number;
}

export interface CallDifferences {
  readonly name: string;
  readonly variant: string;
  readonly round: number;
  /** `new`: the earlier run has no such call; `gone`: this one has none. */
  readonly state: 'compared' | 'new' | 'gone';
  readonly differences: readonly Difference[];
}

/** What differs between two runs, call by call; calls in which nothing does have no differences. */
export function differencesOf(earlier: EarlierRun, run: Pick<Run, 'calls'>): CallDifferences[] {
  const unseen = new Set(earlier.calls);
  const found = run.calls.map((call): CallDifferences => {
    const now = comparedCall(call);
    const { name, variant, round } = now;
    const before = matching(earlier.calls, now);
    if (!before) return { name, variant, round, state: 'new', differences: [] };
    unseen.delete(before);
    return { name, variant, round, state: 'compared', differences: callDifferences(before, now) };
  });
  const names = new Set(run.calls.map(({ result }) => result.name));
  const gone = [...unseen].filter(({ name }) => !names.has(name));
  return [
    ...found,
    ...gone.map(({ name, variant, round }) => ({ name, variant, round, state: 'gone' as const, differences: [] })),
  ];
}

/** The same call in the same variant and round; else what comes nearest. */
function matching(calls: readonly ComparedCall[], { name, variant, round }: ComparedCall): ComparedCall | undefined {
  const ofCall = calls.filter((call) => call.name === name);
  const ofVariant = ofCall.filter((call) => call.variant === variant);
  const candidates = ofVariant.length > 0 ? ofVariant : ofCall;
  return candidates.find((call) => call.round === round) ?? candidates[0];
}

export function comparedCall({ result, variant, round }: RunCall): ComparedCall {
  return { name: result.name, variant, round, verdict: verdictOf(result), record: comparedRecord(result.record) };
}

function comparedRecord(record: ReplayResult['record']): ComparedRecord | null {
  if (!record) return null;
  const { endReason, turns, toolCalls } = record satisfies CallRecord;
  return { endReason, turns, toolCalls };
}

function callDifferences(before: ComparedCall, now: ComparedCall): Difference[] {
  const found: Difference[] = [];
  if (before.verdict !== now.verdict) {
    found.push({
      kind: 'verdict',
      about: 'the call',
      before: VERDICT_WORDS[before.verdict],
      now: VERDICT_WORDS[now.verdict],
    });
  }
  if (!before.record || !now.record) {
    const words = (record: ComparedRecord | null) => (record ? 'on record' : 'no record');
    if (Boolean(before.record) !== Boolean(now.record)) {
      found.push({ kind: 'ending', about: 'the record', before: words(before.record), now: words(now.record) });
    }
    return found;
  }
  found.push(...turnDifferences(before.record.turns, now.record.turns));
  found.push(...toolDifferences(before.record.toolCalls, now.record.toolCalls));
  if (before.record.endReason !== now.record.endReason) {
    found.push({
      kind: 'ending',
      about: 'the ending',
      before: before.record.endReason ?? 'none',
      now: now.record.endReason ?? 'none',
    });
  }
  return found;
}

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  passed: 'as expected',
  failed: 'not as expected',
  'not-run': 'could not be run',
};

function turnDifferences(before: readonly ComparedTurn[], now: readonly ComparedTurn[]): Difference[] {
  const cost = (a: ComparedTurn, b: ComparedTurn) => (a.role !== b.role ? 3 : isSameText(a.text, b.text) ? 0 : 1);
  const indexed = (turns: readonly ComparedTurn[]) => turns.map((turn, index) => ({ turn, number: index + 1 }));
  return aligned(indexed(before), indexed(now), (a, b) => cost(a.turn, b.turn)).flatMap(({ before: was, now: is }) => {
    if (was && is) return oneTurn(was.turn, is.turn, is.number);
    if (is) {
      return [
        {
          kind: 'turn' as const,
          about: named(is.turn, is.number),
          before: 'no such turn',
          now: shownTurn(is.turn),
          atMs: is.turn.startMs,
        },
      ];
    }
    return was
      ? [
          {
            kind: 'turn' as const,
            about: named(was.turn, was.number),
            before: shownTurn(was.turn),
            now: 'no such turn',
          },
        ]
      : [];
  });
}

function oneTurn(was: ComparedTurn, is: ComparedTurn, number: number): Difference[] {
  const about = named(is, number);
  const atMs = is.startMs;
  const found: Difference[] = [];
  if (!isSameText(was.text, is.text)) found.push({ kind: 'text', about, before: was.text, now: is.text, atMs });
  if (was.role !== 'agent' || is.role !== 'agent') return found;
  if (found.length === 0 && !isSameText(was.heardText, is.heardText)) {
    found.push({ kind: 'text', about: `${about}, as heard`, before: was.heardText, now: is.heardText, atMs });
  }
  if (was.interrupted !== is.interrupted) {
    const words = (isCut: boolean) => (isCut ? 'interrupted' : 'heard to its end');
    found.push({ kind: 'interrupted', about, before: words(was.interrupted), now: words(is.interrupted), atMs });
  }
  const { responseGapMs: wasMs } = was;
  const { responseGapMs: isMs } = is;
  if (wasMs !== undefined && isMs !== undefined && Math.abs(isMs - wasMs) > SAME_GAP_MS) {
    found.push({ kind: 'gap', about: `the wait for ${about}`, before: ms(wasMs), now: ms(isMs), atMs });
  }
  return found;
}

function toolDifferences(before: ComparedRecord['toolCalls'], now: ComparedRecord['toolCalls']): Difference[] {
  return aligned(before, now, (a, b) => (a.name === b.name ? 0 : 3)).flatMap(
    ({ before: was, now: is }): Difference[] => {
      if (!was && !is) return [];
      if (!is)
        return [{ kind: 'tool', about: `tool ${was.name}`, before: JSON.stringify(was.input), now: 'not called' }];
      const about = `tool ${is.name}`;
      const atMs = is.startMs;
      if (!was) return [{ kind: 'tool', about, before: 'not called', now: JSON.stringify(is.input), atMs }];
      const found: Difference[] = [];
      if (was.outcome !== is.outcome)
        found.push({ kind: 'tool', about: `${about}, outcome`, before: was.outcome, now: is.outcome, atMs });
      for (const side of ['input', 'output'] as const) {
        if (isDeepStrictEqual(was[side], is[side])) continue;
        found.push({
          kind: 'tool',
          about: `${about}, ${side}`,
          before: JSON.stringify(was[side]),
          now: JSON.stringify(is[side]),
          atMs,
        });
      }
      return found;
    },
  );
}

function isSameText(a: string, b: string): boolean {
  return normalWords(a) === normalWords(b);
}

function named({ role }: ComparedTurn, number: number): string {
  return `turn ${number} (${role})`;
}

function shownTurn(turn: ComparedTurn): string {
  return turn.role === 'agent' && turn.interrupted ? `${turn.heardText} (interrupted)` : turn.text;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
