import { spokenWeight } from '../../media/heard-text.js';
import type { Span } from '../replayed-call.js';

/** What stands where something was. */
export const REDACTED = '[redacted]';
/** So many digits in a row are a card number or worse, whoever says them, and whether as figures or as words. */
const CARD_DIGITS = 12;
/** Fewer keyed digits than this choose something in a menu. */
const SECRET_KEYS = 3;
/** Words share the sound of their utterance by their letters, roughly: this much more is taken out on both sides. */
const MARGIN_MS = 250;
const MARGIN_SHARE = 0.06;

const DIGIT_WORDS: readonly (readonly string[])[] = [
  ['zero', 'oh', 'o', 'nought', 'null'],
  ['one'],
  ['two'],
  ['three'],
  ['four'],
  ['five'],
  ['six'],
  ['seven'],
  ['eight'],
  ['nine'],
];
const DIGIT_OF = new Map(DIGIT_WORDS.flatMap((words, digit) => words.map((word) => [word, String(digit)] as const)));

interface Piece {
  digit: string;
  /** Of the text. */
  from: number;
  to: number;
}

interface Range {
  from: number;
  to: number;
}

export interface RedactionOptions {
  /** Names and other texts that must not be in the fixture; digits are found as figures and as words. */
  texts: readonly string[];
  /** All that was said by one side, in order: a number may go on over several turns. */
  spoken: readonly (readonly string[])[];
}

/** Takes out of a recorded call what must not be in a fixture. */
export class Redaction {
  /** How many places were found so far. */
  count = 0;
  readonly #patterns: readonly RegExp[];
  readonly #digits: readonly string[];
  /** Digits of longer numbers that were said in pieces, by the text that has them. */
  readonly #overTurns = new Map<string, Range[]>();

  constructor({ texts, spoken }: RedactionOptions) {
    const wanted = texts.map((text) => text.trim()).filter((text) => text !== '');
    const isNumber = (text: string) => /^[\d\s+().-]+$/.test(text) && /\d/.test(text);
    this.#patterns = wanted.filter((text) => !isNumber(text)).map(patternOf);
    this.#digits = wanted.filter(isNumber).map((text) => text.replace(/\D/g, ''));
    for (const side of spoken) this.#findOverTurns(side);
  }

  /** Whether there is something to take out. */
  touches(text: string): boolean {
    return this.#rangesIn(text).length > 0;
  }

  text(text: string): string {
    let result = '';
    let at = 0;
    for (const { from, to } of this.#rangesIn(text)) {
      this.count++;
      result += text.slice(at, from) + REDACTED;
      at = to;
    }
    return result + text.slice(at);
  }

  /** The same in every text and number of some data. */
  data<Value>(value: Value): Value {
    const changed = (each: unknown): unknown => {
      if (typeof each === 'string') return this.text(each);
      if (typeof each === 'number' && this.touches(String(each))) return REDACTED;
      if (Array.isArray(each)) return each.map(changed);
      if (typeof each !== 'object' || each === null) return each;
      return Object.fromEntries(Object.entries(each).map(([key, field]) => [this.text(key), changed(field)]));
    };
    return changed(value) as Value;
  }

  /** Keys of a long entry are all replaced by zeros; what ends it stays. */
  keys(digits: string): string {
    if (digits.replace(/\D/g, '').length < SECRET_KEYS) return digits;
    this.count++;
    return digits.replace(/\d/g, '0');
  }

  /** Where in the sound of `durationMs` that has these words something must not be heard. */
  spans(text: string, durationMs: number): Span[] {
    const total = spokenWeight(text);
    if (total === 0) return [];
    return this.#rangesIn(text).map(({ from, to }) => {
      const marginMs = MARGIN_MS + MARGIN_SHARE * durationMs;
      const before = spokenWeight(text.slice(0, from)) / total;
      const until = spokenWeight(text.slice(0, to)) / total;
      return {
        startMs: Math.max(0, before * durationMs - marginMs),
        endMs: Math.min(durationMs, until * durationMs + marginMs),
      };
    });
  }

  #rangesIn(text: string): Range[] {
    const ranges = this.#patterns.flatMap((pattern) =>
      [...text.matchAll(pattern)].map((match) => ({ from: match.index, to: match.index + match[0].length })),
    );
    for (const run of digitRuns(text)) {
      const digits = run.map(({ digit }) => digit).join('');
      if (digits.length >= CARD_DIGITS) ranges.push(rangeOf(run));
      for (const wanted of this.#digits) {
        const at = digits.indexOf(wanted);
        if (at >= 0) ranges.push(rangeOf(run.slice(at, at + wanted.length)));
      }
    }
    return merged([...ranges, ...(this.#overTurns.get(text) ?? [])]);
  }

  #findOverTurns(side: readonly string[]): void {
    let open: { text: string; run: Piece[] }[] = [];
    const close = () => {
      const digitCount = open.reduce((sum, { run }) => sum + run.length, 0);
      if (open.length > 1 && digitCount >= CARD_DIGITS) {
        for (const { text, run } of open) {
          this.#overTurns.set(text, [...(this.#overTurns.get(text) ?? []), rangeOf(run)]);
        }
      }
      open = [];
    };
    for (const text of side) {
      const runs = digitRuns(text);
      const first = runs[0];
      const last = runs.at(-1);
      if (!first || !last || !isWordless(text.slice(0, first[0]!.from))) close();
      if (!first || !last) continue;
      open.push({ text, run: first });
      if (last !== first) {
        close();
        open.push({ text, run: last });
      }
      if (!isWordless(text.slice(last.at(-1)!.to))) close();
    }
    close();
  }
}

/** Digits one after the other, as figures or as words, with nothing between them but spaces, dashes and the like. */
function digitRuns(text: string): Piece[][] {
  const runs: Piece[][] = [];
  let endOfLast = -1;
  for (const match of text.matchAll(/\d|\p{L}+/gu)) {
    const digit = /\d/.test(match[0]) ? match[0] : DIGIT_OF.get(match[0].toLowerCase());
    if (digit === undefined) {
      endOfLast = -1;
      continue;
    }
    const piece = { digit, from: match.index, to: match.index + match[0].length };
    const isNext = endOfLast >= 0 && isWordless(text.slice(endOfLast, piece.from));
    if (isNext) runs.at(-1)!.push(piece);
    else runs.push([piece]);
    endOfLast = piece.to;
  }
  return runs;
}

function isWordless(text: string): boolean {
  return !/[\p{L}\p{N}]/u.test(text);
}

function rangeOf(run: readonly Piece[]): Range {
  return { from: run[0]!.from, to: run.at(-1)!.to };
}

function merged(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to);
    else result.push({ ...range });
  }
  return result;
}

/** The text in any case and with any spaces, but not within a longer word. */
function patternOf(text: string): RegExp {
  const words = text.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`(?<![\\p{L}\\p{N}])${words.join('[\\s,.-]+')}(?![\\p{L}\\p{N}])`, 'giu');
}
