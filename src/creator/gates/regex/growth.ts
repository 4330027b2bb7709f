import { Automaton, roundOf } from './automaton.js';
import { ANY, type CharacterSet } from './characters.js';
import { components } from './components.js';
import type { RegexNode } from './expression.js';
import { RegexNotUnderstood } from './read.js';

/** Characters of a text for which times are told: more than a caller says in ten minutes. */
const TEXT_LENGTH = 10_000;
/** What Python's `re` needs for a character, and to go round a group once more; measured. */
const STEP_S = 8e-9;
const ROUND_S = 1.2e-7;
/** Of three automata side by side. */
const MOST_STATES = 20_000;
/** More need not be counted. */
const MOST_WAYS = 1e7;
/** Characters of the texts that are tried. */
const TRIED = 40;

/**
 * Seconds that a pattern may take on a text of 10,000 characters, at worst; Infinity where they grow with its third power or
 * faster. What fails in the end is tried with every way to share the text among repetitions in a row, and a search tries all of that
 * from every character on, which is one more repetition: of anything, in front. Ways are told apart as by Weber and Seidl (1991):
 * two loops share a text when it leads round the first, from the first to the second, and round the second.
 */
export function worstSeconds(regex: RegexNode, how: 'search' | 'match' | 'fullmatch'): number {
  const isSearch = how === 'search' && !isAnchored(regex);
  const automaton = new Automaton(
    isSearch ? { kind: 'sequence', parts: [ANYTHING, regex] } : regex,
    how === 'fullmatch',
  );
  const growth = new Growth(automaton, isSearch);
  const [degree, seconds] = growth.ofLoops();
  const inLooks = automaton.looks.map(({ of, isFirst }) => {
    const [inside] = new Growth(new Automaton(of), false).ofLoops();
    return isFirst && !isSearch ? inside : inside + Math.max(degree, inside > 0 ? 1 : 0);
  });
  if (Math.max(degree, ...inLooks) > 2) return Number.POSITIVE_INFINITY;
  const inLoops = (TEXT_LENGTH / TRIED) ** (isSearch ? degree - 1 : degree);
  return Math.max(seconds, growth.ways() * STEP_S * inLoops * (isSearch ? TEXT_LENGTH : 1));
}
const ANYTHING: RegexNode = { kind: 'repeat', of: { kind: 'set', set: ANY }, least: 0, most: Number.POSITIVE_INFINITY };

/** Whether it can match at the beginning of the text only. */
function isAnchored(node: RegexNode): boolean {
  switch (node.kind) {
    case 'assertion':
      return node.isStart;
    case 'kept':
      return isAnchored(node.of);
    case 'sequence':
      return node.parts.some((part, index) => isAnchored(part) && node.parts.slice(0, index).every(takesNothing));
    case 'choice':
      return node.options.every(isAnchored);
    case 'repeat':
      return node.least > 0 && isAnchored(node.of);
    default:
      return false;
  }
}
const takesNothing = (node: RegexNode): boolean =>
  node.kind === 'look' || node.kind === 'assertion' || (node.kind === 'sequence' && node.parts.every(takesNothing));

interface Shared {
  readonly from: number;
  readonly text: readonly bigint[];
}

class Growth {
  readonly #automaton: Automaton;
  /** What stands for the search, if any: position 0. */
  readonly #isSearch: boolean;
  /** By position: which kinds of characters it takes, a bit for each. */
  readonly #takes: readonly bigint[];
  #states = 0;

  constructor(automaton: Automaton, isSearch: boolean) {
    this.#automaton = automaton;
    this.#isSearch = isSearch;
    this.#takes = kindsOf(automaton.sets);
  }

  /** The power of the text's length that the time grows with, and seconds where that is the second. */
  ofLoops(): [degree: number, seconds: number] {
    const { sets } = this.#automaton;
    const next = (position: number) => this.#after(position);
    // From the last to the first.
    const loops = components(
      sets.map((_, position) => position),
      next,
    );
    const degrees = new Map<readonly number[], number>();
    let seconds = 0;
    for (const [index, loop] of loops.entries()) {
      const onwards = reachedFrom(loop, next);
      let degree = 1;
      for (const later of loops.slice(0, index)) {
        if (!onwards.has(later[0] ?? -1)) continue;
        const shared = this.#shared(loop, later, degrees.get(later) === 1);
        degree = Math.max(degree, (degrees.get(later) ?? 1) + (shared.length > 0 ? 1 : 0));
        if (degree > 2) return [degree, Number.POSITIVE_INFINITY];
        seconds = Math.max(seconds, ...shared.map((each) => this.#seconds(each)));
      }
      degrees.set(loop, degree);
    }
    return [Math.max(0, ...degrees.values()), seconds];
  }

  /** Where something can still fail; a search goes on also after what has matched. */
  #after(position: number): number[] {
    const { sure } = this.#automaton;
    const all = this.#automaton.after(position);
    if (this.#isSearch && position === 0) return all;
    return sure.has(position) ? [] : all.filter((each) => !sure.has(each));
  }

  /** Texts that lead round `one`, from there to `other`, and round that: with where they begin. */
  #shared(one: readonly number[], other: readonly number[], areAllWanted: boolean): Shared[] {
    const found: Shared[] = [];
    const [inOne, inOther] = [new Set(one), new Set(other)];
    const kinds = (loop: readonly number[]) => loop.reduce((all, position) => all | this.#kinds(position), 0n);
    if ((kinds(one) & kinds(other)) === 0n) return found;
    for (const from of one) {
      for (const to of other) {
        const text = this.#sharedBy(from, to, inOne, inOther);
        if (text) found.push({ from, text });
        if (text && !areAllWanted) return found;
      }
    }
    return found;
  }
  /** The shortest one, by the kinds of its characters. */
  #sharedBy(from: number, to: number, inOne: ReadonlySet<number>, inOther: ReadonlySet<number>): bigint[] | undefined {
    const size = this.#automaton.sets.length;
    const goal = (from * size + to) * size + to;
    const start = (from * size + from) * size + to;
    const before = new Map<number, { readonly state: number; readonly kinds: bigint }>();
    const open = [start];
    for (const state of open) {
      const [first, second, third] = [Math.floor(state / size / size), Math.floor(state / size) % size, state % size];
      for (const a of this.#after(first)) {
        if (!inOne.has(a)) continue;
        for (const b of this.#after(second)) {
          const both = this.#kinds(a) & this.#kinds(b);
          if (both === 0n) continue;
          for (const c of this.#after(third)) {
            if (!inOther.has(c)) continue;
            const next = (a * size + b) * size + c;
            const kinds = both & this.#kinds(c);
            if (kinds === 0n || next === start || before.has(next)) continue;
            before.set(next, { state, kinds });
            if (next === goal) return textTo(goal, before);
            if (++this.#states > MOST_STATES) throw new RegexNotUnderstood('it repeats too much');
            open.push(next);
          }
        }
      }
    }
    return undefined;
  }

  /** Of trying this text, over and over, from there on. */
  #seconds({ from, text }: Shared): number {
    const length = Math.max(TRIED, 4 * text.length);
    let total = 0;
    let ways = new Map([[from, 1]]);
    for (let read = 0; read < length; read++) {
      const kinds = text[read % text.length] ?? 0n;
      const onwards = new Map<number, number>();
      for (const [position, count] of ways) {
        for (const end of this.#after(position)) {
          if ((this.#kinds(end) & kinds) === 0n) continue;
          onwards.set(end, (onwards.get(end) ?? 0) + count);
          total += count * (this.#automaton.rounds.has(roundOf(position, end)) ? ROUND_S : STEP_S);
        }
      }
      ways = onwards;
    }
    return total * (TEXT_LENGTH / length) ** 2;
  }
  #kinds(position: number): bigint {
    return this.#takes[position] ?? 0n;
  }

  /** Ways through the pattern that some short text has, where nothing is repeated without end. */
  ways(): number {
    const { first, sets } = this.#automaton;
    const starts = this.#isSearch ? first.filter((position) => position > 0) : first;
    const kinds = new Set(sets.flatMap((_, position) => bitsOf(this.#kinds(position))));
    return Math.max(0, this.#waysOf(starts, kinds), ...[...kinds].map((kind) => this.#waysOf(starts, new Set([kind]))));
  }
  /** Reads, each time, whatever of these leads on in most ways. */
  #waysOf(starts: readonly number[], kinds: ReadonlySet<number>): number {
    let total = 0;
    let ways = new Map<number, number>();
    for (let read = 0; read < TRIED; read++) {
      const onwards = new Map<number, number>();
      const put = (position: number, count: number) => onwards.set(position, (onwards.get(position) ?? 0) + count);
      if (read === 0) for (const position of starts) put(position, 1);
      for (const [position, count] of ways) {
        for (const [end, times] of this.#automaton.follow[position] ?? []) {
          if (!this.#automaton.sure.has(end)) put(end, count * times);
        }
      }
      const tried = [...kinds].map((kind) => {
        const left = [...onwards].filter(([position]) => (this.#kinds(position) >> BigInt(kind)) & 1n);
        return { left, sum: left.reduce((sum, [, count]) => sum + count, 0) };
      });
      const best = tried.reduce((most, each) => (each.sum > most.sum ? each : most), { left: [], sum: 0 });
      total += best.sum;
      if (best.sum === 0 || total > MOST_WAYS) break;
      ways = new Map(best.left);
    }
    return total;
  }
}

function textTo(
  goal: number,
  before: ReadonlyMap<number, { readonly state: number; readonly kinds: bigint }>,
): bigint[] {
  const text: bigint[] = [];
  for (let step = before.get(goal); step; step = before.get(step.state)) text.unshift(step.kinds);
  return text;
}
function reachedFrom(starts: readonly number[], next: (position: number) => readonly number[]): Set<number> {
  const seen = new Set<number>();
  const open = [...starts];
  for (let position = open.pop(); position !== undefined; position = open.pop()) {
    for (const each of next(position)) if (!seen.has(each) && seen.add(each)) open.push(each);
  }
  return seen;
}

/** Characters that the same sets take are of one kind. Answers the kinds of each set, a bit for each. */
function kindsOf(sets: readonly CharacterSet[]): bigint[] {
  const distinct = [...new Set(sets)];
  const bounds = [...new Set(distinct.flatMap((set) => set.flatMap(([from, to]) => [from, to + 1])))];
  const kinds = new Map<string, bigint>();
  const takes = new Map(distinct.map((set) => [set, 0n]));
  for (const bound of bounds) {
    const taking = distinct.filter((set) => set.some(([from, to]) => from <= bound && bound <= to));
    const name = taking.map((set) => distinct.indexOf(set)).join();
    const bit = kinds.get(name) ?? 1n << BigInt(kinds.size);
    kinds.set(name, bit);
    for (const set of taking) takes.set(set, (takes.get(set) ?? 0n) | bit);
  }
  return sets.map((set) => takes.get(set) ?? 0n);
}
function bitsOf(kinds: bigint): number[] {
  const bits: number[] = [];
  for (let bit = 0; kinds >> BigInt(bit) > 0n; bit++) if ((kinds >> BigInt(bit)) & 1n) bits.push(bit);
  return bits;
}
