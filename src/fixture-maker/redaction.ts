import { spokenWeight } from '../media/heard-text.js';
import { type DigitPlace, digitRuns, digitsOf } from './digits.js';
import type { Span } from './recorded-call.js';

/** What stands where something was. */
export const REDACTED = '[redacted]';
/** So many digits in a row are a card number or worse, whoever says them, and whether as figures or as words. */
const CARD_DIGITS = 12;
/** A card number of so many digits may be read out in groups, with words between, also over several turns. */
const SHORTEST_CARD = 13;
const LONGEST_CARD = 19;
const SHORTEST_GROUP = 3;
const LONGEST_GROUP = 5;
/** Groups of those cards that have another form: they begin with a 3. */
const OTHER_FORMS = ['4,6,5', '4,6,4'];
/** So many of one side's turns may have no digits between two groups. */
const TURNS_BETWEEN = 2;
/** So many digits of a card number give a part of it away, alone or among others. */
const CARD_PART_ALONE = 4;
const CARD_PART = 6;
/** So many digits at the end of another number do, alone ("ending in") or among others (without the code of the country). */
const END_ALONE = 4;
const END = 7;
/** Fewer keyed digits than this choose something in a menu. */
export const SECRET_KEYS = 3;
/** Words share the sound of their utterance by their letters, roughly: this much more is taken out on both sides. */
const MARGIN_MS = 250;
const MARGIN_SHARE = 0.06;

interface Range {
  from: number;
  to: number;
}

interface Group {
  text: string;
  run: DigitPlace[];
  turn: number;
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
  /** Numbers that were named. */
  readonly #numbers: readonly string[];
  /** Card numbers that were named or found. */
  readonly #cards: string[];
  /** Digits of longer numbers that were said in pieces, by the text that has them. */
  readonly #pieces = new Map<string, Range[]>();

  constructor({ texts, spoken }: RedactionOptions) {
    const wanted = texts.map((text) => text.trim()).filter((text) => text !== '');
    const isNumber = (text: string) => /^[\d\s+().-]+$/.test(text) && /\d/.test(text);
    this.#patterns = wanted.filter((text) => !isNumber(text)).map(patternOf);
    const numbers = wanted.filter(isNumber).map((text) => text.replace(/\D/g, ''));
    this.#numbers = numbers.filter(({ length }) => length < CARD_DIGITS);
    this.#cards = numbers.filter(({ length }) => length >= CARD_DIGITS);
    for (const side of spoken) {
      for (const text of side) {
        for (const run of digitRuns(text)) if (run.length >= CARD_DIGITS) this.#cards.push(digitsOf(run));
      }
      this.#findOverTurns(side);
      this.#findGroups(side);
    }
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
      if (typeof each === 'number' && this.touches(String(each))) {
        this.count++;
        return REDACTED;
      }
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

  /**
   * Where in sound of `durationMs` that has these words something must not be heard. `placeOf`: where lies what comes after
   * that share of the words.
   */
  spans(text: string, durationMs: number, placeOf = (share: number) => share * durationMs): Span[] {
    const total = spokenWeight(text);
    if (total === 0) return [];
    return this.#rangesIn(text).map(({ from, to }) => {
      const marginMs = MARGIN_MS + MARGIN_SHARE * durationMs;
      return {
        startMs: Math.max(0, placeOf(spokenWeight(text.slice(0, from)) / total) - marginMs),
        endMs: Math.min(durationMs, placeOf(spokenWeight(text.slice(0, to)) / total) + marginMs),
      };
    });
  }

  #rangesIn(text: string): Range[] {
    const plain = withoutAccents(text);
    const ranges = this.#patterns.flatMap((pattern) =>
      [...plain.matchAll(pattern)].map((match) => ({ from: match.index, to: match.index + match[0].length })),
    );
    for (const run of digitRuns(text)) {
      if (run.length >= CARD_DIGITS) ranges.push(rangeOf(run));
      for (const number of this.#numbers) ranges.push(...endsOf(number, run));
      for (const card of this.#cards) ranges.push(...partsOf(card, run));
    }
    return merged([...ranges, ...(this.#pieces.get(text) ?? [])]);
  }

  /** Digits that follow each other without a word between them, over several turns. */
  #findOverTurns(side: readonly string[]): void {
    let open: Group[] = [];
    const close = () => {
      if (open.length > 1) this.#takeOut(open);
      open = [];
    };
    side.forEach((text, turn) => {
      const runs = digitRuns(text);
      const first = runs[0];
      const last = runs.at(-1);
      if (!first || !last || !isWordless(text.slice(0, first[0]!.from))) close();
      if (!first || !last) return;
      open.push({ text, run: first, turn });
      if (last !== first) {
        close();
        open.push({ text, run: last, turn });
      }
      if (!isWordless(text.slice(last.at(-1)!.to))) close();
    });
    close();
  }

  /** Groups such as those of a card number, with words between them. */
  #findGroups(side: readonly string[]): void {
    const groups = side.flatMap((text, turn) =>
      digitRuns(text)
        .filter((run) => run.length >= SHORTEST_GROUP)
        .map((run): Group => ({ text, run, turn })),
    );
    for (let first = 0; first < groups.length; first++) {
      for (let end = first + 3; end <= groups.length; end++) {
        const some = groups.slice(first, end);
        if (some.at(-1)!.turn - some.at(-2)!.turn > TURNS_BETWEEN + 1) break;
        const lengths = some.map(({ run }) => run.length);
        const digitCount = lengths.reduce((sum, length) => sum + length);
        if (digitCount > LONGEST_CARD) break;
        const isOther = some[0]!.run[0]!.digit === '3' && OTHER_FORMS.includes(lengths.join());
        const isInForm = isOther || lengths.every((length) => length <= LONGEST_GROUP);
        if (isInForm && digitCount >= SHORTEST_CARD) this.#takeOut(some);
      }
    }
  }

  #takeOut(groups: readonly Group[]): void {
    const digits = groups.map(({ run }) => digitsOf(run)).join('');
    if (digits.length < CARD_DIGITS) return;
    this.#cards.push(digits);
    for (const { text, run } of groups) this.#pieces.set(text, [...(this.#pieces.get(text) ?? []), rangeOf(run)]);
  }
}

/** Where a run of digits says a number, or so much of its end that it is known by that. */
function endsOf(number: string, run: readonly DigitPlace[]): Range[] {
  const digits = digitsOf(run);
  if (digits.length >= END_ALONE && number.endsWith(digits)) return [rangeOf(run)];
  for (let length = number.length; length >= Math.min(number.length, END); length--) {
    const ranges = placesOf(number.slice(-length), run);
    if (ranges.length > 0) return ranges;
  }
  return [];
}

/** Where a run of digits says any part of a card number. */
function partsOf(card: string, run: readonly DigitPlace[]): Range[] {
  const digits = digitsOf(run);
  if (digits.length >= CARD_PART_ALONE && card.includes(digits)) return [rangeOf(run)];
  return Array.from({ length: card.length - CARD_PART + 1 }, (_, at) => card.slice(at, at + CARD_PART)).flatMap(
    (part) => placesOf(part, run),
  );
}

function placesOf(part: string, run: readonly DigitPlace[]): Range[] {
  const digits = digitsOf(run);
  const ranges: Range[] = [];
  for (let at = digits.indexOf(part); at >= 0; at = digits.indexOf(part, at + 1)) {
    ranges.push(rangeOf(run.slice(at, at + part.length)));
  }
  return ranges;
}

function isWordless(text: string): boolean {
  return !/[\p{L}\p{N}]/u.test(text);
}

function rangeOf(run: readonly DigitPlace[]): Range {
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

/** The text in any case, with any spaces and with or without accents, but not within a longer word. */
function patternOf(text: string): RegExp {
  const words = withoutAccents(text)
    .split(/\s+/)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`(?<![\\p{L}\\p{N}])${words.join('[\\s,.-]+')}(?![\\p{L}\\p{N}])`, 'giu');
}

/** As long as the text is, so that places in the one are those in the other. */
function withoutAccents(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (letter) => {
    const [base = letter] = letter.normalize('NFD');
    return /[a-z]/i.test(base) ? base : letter;
  });
}
