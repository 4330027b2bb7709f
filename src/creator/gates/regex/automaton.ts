import type { CharacterSet } from './characters.js';
import type { RegexNode } from './expression.js';
import { RegexNotUnderstood } from './read.js';

/** Copies of what is repeated so often at most; beyond that it is taken for endless. */
const COPIES = 20;
const MOST_POSITIONS = 600;
export const roundOf = (from: number, to: number): number => from * (MOST_POSITIONS + 1) + to;

/** What an expression begins and ends with, by positions. */
interface Ends {
  readonly isEmpty: boolean;
  readonly first: readonly number[];
  readonly last: readonly number[];
  /** Of the last ones those after which nothing can fail any more. */
  readonly sure: readonly number[];
  /** Whether it may be empty and cannot fail. */
  readonly isSure: boolean;
}
const NOTHING: Ends = { isEmpty: true, first: [], last: [], sure: [], isSure: true };

/** A look on or back, which takes nothing. */
export interface Look {
  readonly of: RegexNode;
  /** Whether it stands before all that is taken, and is looked at once. */
  readonly isFirst: boolean;
}

/** The position automaton of a pattern (Glushkov): a state for each character that stands in it. */
export class Automaton {
  readonly sets: CharacterSet[] = [];
  /** From each position to those that may follow, and in how many ways. */
  readonly follow: Map<number, number>[] = [];
  readonly looks: Look[] = [];
  /** Ways from the end of a group to its beginning, by `roundOf`: a single character is repeated faster. */
  readonly rounds = new Set<number>();
  readonly first: readonly number[];
  /** Where the pattern has matched, whatever comes. */
  readonly sure: ReadonlySet<number>;

  /** `isWhole`: all of the text has to be taken. */
  constructor(regex: RegexNode, isWhole = false) {
    const { first, sure } = this.#read(regex);
    this.first = first;
    this.sure = new Set(isWhole ? [] : sure);
  }

  after(position: number): number[] {
    return [...(this.follow[position]?.keys() ?? [])];
  }

  #read(node: RegexNode): Ends {
    switch (node.kind) {
      case 'set': {
        const position = this.sets.push(node.set) - 1;
        if (position > MOST_POSITIONS) throw new RegexNotUnderstood('it is too long');
        this.follow.push(new Map());
        return { isEmpty: false, first: [position], last: [position], sure: [position], isSure: false };
      }
      case 'look':
        this.looks.push({ of: node.of, isFirst: this.sets.length === 0 });
        return { ...NOTHING, isSure: false };
      case 'assertion':
        return { ...NOTHING, isSure: false };
      case 'kept':
        return this.#read(node.of);
      case 'sequence':
        return node.parts.reduce<Ends>((before, part) => this.#chained(before, this.#read(part)), NOTHING);
      case 'choice': {
        const all = node.options.map((option) => this.#read(option));
        return {
          isEmpty: all.some(({ isEmpty }) => isEmpty),
          first: all.flatMap(({ first }) => first),
          last: all.flatMap(({ last }) => last),
          sure: all.flatMap(({ sure }) => sure),
          isSure: all.some(({ isSure }) => isSure),
        };
      }
      case 'repeat':
        return this.#repeated(node.of, node.least, node.most);
    }
  }

  #chained(before: Ends, after: Ends): Ends {
    this.#connect(before.last, after.first);
    return {
      isEmpty: before.isEmpty && after.isEmpty,
      first: before.isEmpty ? [...before.first, ...after.first] : before.first,
      last: after.isEmpty ? [...before.last, ...after.last] : after.last,
      sure: after.isSure ? [...before.sure, ...after.sure] : after.sure,
      isSure: before.isSure && after.isSure,
    };
  }

  #repeated(of: RegexNode, least: number, most: number): Ends {
    if (most === 0) return NOTHING;
    const isEndless = most > COPIES;
    const needed = Math.min(least, COPIES);
    let whole = NOTHING;
    for (let copy = 1; copy < needed; copy++) whole = this.#chained(whole, this.#read(of));
    if (isEndless) {
      const loop = this.#read(of);
      this.#connect(loop.last, loop.first);
      if (of.kind !== 'set')
        for (const from of loop.last) for (const to of loop.first) this.rounds.add(roundOf(from, to));
      return this.#chained(whole, needed === 0 ? { ...loop, isEmpty: true, isSure: true } : loop);
    }
    if (needed > 0) whole = this.#chained(whole, this.#read(of));
    let rest = NOTHING;
    for (let copy = needed; copy < most; copy++) {
      rest = { ...this.#chained(this.#read(of), rest), isEmpty: true, isSure: true };
    }
    return this.#chained(whole, rest);
  }

  #connect(from: readonly number[], to: readonly number[]): void {
    for (const start of from) {
      const follow = this.follow[start];
      for (const end of to) follow?.set(end, (follow.get(end) ?? 0) + 1);
    }
  }
}
