import type { Turn } from '../../call/record.js';
import { type ExpectedWords, holdsWords, matchesWords, normalWords, shownWords } from '../fixture/words.js';
import type { Failure } from '../replayed-call.js';

/** What is said of a meaning that nobody has judged. */
export const NO_JUDGE = 'cannot tell: no judge is configured (--judge)';

/** A turn that begins this much later on the bridge's clock may still be the one meant, in ms. */
const CLOCK_ROOM_MS = 100;

export function failure(field: string, expected: string, found: string, atMs?: number): Failure {
  return {
    field,
    message: `expected ${expected}, found ${found}`,
    ...(atMs !== undefined && { atMs: Math.round(atMs) }),
    expected,
    found,
  };
}

/** Words that are not the expected ones. What they mean is left to a judge: until it was asked, they fail. */
export function wordFailures(field: string, wanted: ExpectedWords, found: string, atMs?: number): Failure[] {
  if (wanted.kind === 'meaning') return [meaningFailure(field, wanted.meaning, 'yes', found, atMs)];
  return matchesWords(wanted, found) ? [] : [failure(field, shownWords(wanted), `"${found}"`, atMs)];
}

/** Words that are nowhere in a longer text. */
export function missingWords(field: string, wanted: ExpectedWords, text: string, atMs?: number): Failure[] {
  if (wanted.kind === 'meaning') return [meaningFailure(field, wanted.meaning, 'yes', text, atMs)];
  return holdsWords(wanted, text) ? [] : [failure(field, shownWords(wanted), `"${text}"`, atMs)];
}

/** Words that must be nowhere in a text, and are. */
export function forbiddenWords(field: string, unwanted: ExpectedWords, text: string, atMs?: number): Failure[] {
  if (normalWords(text) === '') return [];
  if (unwanted.kind === 'meaning') return [meaningFailure(field, unwanted.meaning, 'no', text, atMs)];
  return holdsWords(unwanted, text) ? [failure(field, `no ${shownWords(unwanted)}`, `"${text}"`, atMs)] : [];
}

function meaningFailure(field: string, meaning: string, answer: 'yes' | 'no', text: string, atMs?: number): Failure {
  const shown = shownWords({ kind: 'meaning', meaning });
  const expected = answer === 'yes' ? shown : `no ${shown}`;
  // Silence means nothing: nobody has to be asked.
  if (normalWords(text) === '') return failure(field, expected, 'no words', atMs);
  return {
    ...failure(field, expected, `"${text}"`, atMs),
    message: NO_JUDGE,
    question: { meaning, text, expected: answer },
  };
}

/** The limits that a length of time breaks, under the names `…AtLeast` and `…AtMost`, or within the field named. */
export function bounds(
  field: string,
  found: number,
  limits: { atLeast?: number | undefined; atMost?: number | undefined },
  { shown = ms, atMs }: { shown?: (value: number) => string; atMs?: number } = {},
): Failure[] {
  const { atLeast, atMost } = limits;
  if (atLeast !== undefined && found < atLeast) {
    return [failure(named(field, 'AtLeast'), `at least ${shown(atLeast)}`, shown(found), atMs)];
  }
  if (atMost !== undefined && found > atMost) {
    return [failure(named(field, 'AtMost'), `at most ${shown(atMost)}`, shown(found), atMs)];
  }
  return [];
}

/** `heard.` and `AtLeast` are `heard.atLeast`. */
function named(field: string, limit: 'AtLeast' | 'AtMost'): string {
  return field.endsWith('.') ? `${field}a${limit.slice(1)}` : `${field}${limit}`;
}

export function ms(value: number): string {
  return `${Math.round(value)} ms`;
}

/** Failures that know their time but no turn, with the last turn that had begun by then. */
export function withTurns(failures: readonly Failure[], turns: readonly Turn[]): Failure[] {
  return failures.map((each) => {
    const { atMs, turn } = each;
    if (turn !== undefined || atMs === undefined) return each;
    const index = turns.findLastIndex(({ startMs }) => startMs <= atMs + CLOCK_ROOM_MS);
    return index < 0 ? each : { ...each, turn: index + 1 };
  });
}
