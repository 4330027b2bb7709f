import { type CharacterSet, overlap } from './characters.js';
import type { RegexNode } from './expression.js';
import { RegexNotUnderstood } from './read.js';

/** Copies of what is repeated so often at most; beyond that it is taken for endless. */
const COPIES = 20;
const MOST_POSITIONS = 600;
/** Of characters that lead back to themselves. */
const MOST_IN_LOOP = 120;

/** What an expression begins and ends with, by positions. */
interface Ends {
  readonly isEmpty: boolean;
  readonly first: readonly number[];
  readonly last: readonly number[];
}
const NOTHING: Ends = { isEmpty: true, first: [], last: [] };

/**
 * Whether a pattern can take a time that doubles with every character: there are two ways round a loop for the same text, and
 * what does not match in the end is tried with every combination of them. It builds the position automaton (Glushkov) and
 * looks for a loop that is ambiguous, as Weber and Seidl, "On the degree of ambiguity of finite automata" (1991), do.
 */
export function runsAway(regex: RegexNode): boolean {
  const automaton = new Automaton();
  automaton.read(regex);
  return automaton.isAmbiguousInLoop() || automaton.looks.some(runsAway);
}

class Automaton {
  readonly #sets: CharacterSet[] = [];
  /** From each position to those that may follow, and in how many ways. */
  readonly #follow: Map<number, number>[] = [];
  readonly looks: RegexNode[] = [];

  read(node: RegexNode): Ends {
    switch (node.kind) {
      case 'set': {
        const position = this.#sets.push(node.set) - 1;
        if (position > MOST_POSITIONS) throw new RegexNotUnderstood('it is too long');
        this.#follow.push(new Map());
        return { isEmpty: false, first: [position], last: [position] };
      }
      case 'look':
        this.looks.push(node.of);
        return NOTHING;
      case 'sequence':
        return node.parts.reduce<Ends>((before, part) => this.#chained(before, this.read(part)), NOTHING);
      case 'choice': {
        const all = node.options.map((option) => this.read(option));
        return {
          isEmpty: all.some(({ isEmpty }) => isEmpty),
          first: all.flatMap(({ first }) => first),
          last: all.flatMap(({ last }) => last),
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
    };
  }

  #repeated(of: RegexNode, least: number, most: number): Ends {
    if (most === 0) return NOTHING;
    const isEndless = most > COPIES;
    const needed = Math.min(least, COPIES);
    let whole = NOTHING;
    for (let copy = 1; copy < needed; copy++) whole = this.#chained(whole, this.read(of));
    if (isEndless) {
      const loop = this.read(of);
      this.#connect(loop.last, loop.first);
      return this.#chained(whole, needed === 0 ? { ...loop, isEmpty: true } : loop);
    }
    if (needed > 0) whole = this.#chained(whole, this.read(of));
    let rest = NOTHING;
    for (let copy = needed; copy < most; copy++) rest = { ...this.#chained(this.read(of), rest), isEmpty: true };
    return this.#chained(whole, rest);
  }

  #connect(from: readonly number[], to: readonly number[]): void {
    for (const start of from) {
      const follow = this.#follow[start];
      for (const end of to) follow?.set(end, (follow.get(end) ?? 0) + 1);
    }
  }

  isAmbiguousInLoop(): boolean {
    const next = (position: number) => [...(this.#follow[position]?.keys() ?? [])];
    const positions = this.#sets.map((_, position) => position);
    return components(positions, next).some((loop) => this.#isAmbiguous(loop));
  }

  /** Positions from each of which all others can be reached again. */
  #isAmbiguous(loop: readonly number[]): boolean {
    const inside = new Set(loop);
    const next = loop.map((position) => [...(this.#follow[position] ?? [])].filter(([end]) => inside.has(end)));
    if (next.some((ends) => ends.some(([, ways]) => ways > 1))) return true;
    if (loop.length > MOST_IN_LOOP) throw new RegexNotUnderstood('what it repeats is too long');
    const size = this.#sets.length;
    const after = new Map(loop.map((position, index) => [position, (next[index] ?? []).map(([end]) => end)]));
    const pairsAfter = (pair: number): number[] => {
      const ends = after.get(pair % size) ?? [];
      return (after.get(Math.floor(pair / size)) ?? []).flatMap((one) =>
        ends.filter((other) => this.#fit(one, other)).map((other) => one * size + other),
      );
    };
    const same = loop.map((position) => position * size + position);
    return components(same, pairsAfter).some(
      (pairs) =>
        pairs.some((pair) => Math.floor(pair / size) === pair % size) &&
        pairs.some((pair) => Math.floor(pair / size) !== pair % size),
    );
  }
  #fit(one: number, other: number): boolean {
    const [a, b] = [this.#sets[one], this.#sets[other]];
    return a !== undefined && b !== undefined && overlap(a, b);
  }
}

/** What can be reached from itself, with all that is on the way; found by Tarjan's algorithm, without recursion. */
function components(starts: readonly number[], next: (node: number) => readonly number[]): number[][] {
  const order = new Map<number, number>();
  const low = new Map<number, number>();
  const open: number[] = [];
  const isOpen = new Set<number>();
  const found: number[][] = [];
  const lower = (node: number, to: number | undefined) =>
    low.set(node, Math.min(low.get(node) ?? Infinity, to ?? Infinity));
  for (const start of starts) {
    if (order.has(start)) continue;
    const path: { node: number; rest: number[] }[] = [];
    const enter = (node: number) => {
      order.set(node, order.size);
      lower(node, order.get(node));
      open.push(node);
      isOpen.add(node);
      path.push({ node, rest: [...next(node)] });
    };
    enter(start);
    for (let step = path.at(-1); step; step = path.at(-1)) {
      const { node, rest } = step;
      const to = rest.pop();
      if (to !== undefined) {
        if (!order.has(to)) enter(to);
        else if (isOpen.has(to)) lower(node, order.get(to));
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent) lower(parent.node, low.get(node));
      if (low.get(node) !== order.get(node)) continue;
      const component = open.splice(open.indexOf(node));
      for (const each of component) isOpen.delete(each);
      if (component.length > 1 || next(node).includes(node)) found.push(component);
    }
  }
  return found;
}
