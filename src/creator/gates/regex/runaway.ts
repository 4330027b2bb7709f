import { Automaton } from './automaton.js';
import { overlap } from './characters.js';
import { components } from './components.js';
import type { RegexNode } from './expression.js';
import { RegexNotUnderstood } from './read.js';

/** Of characters that lead back to themselves. */
const MOST_IN_LOOP = 120;

/**
 * Whether a pattern can take a time that doubles with every character: there are two ways round a loop for the same text, and
 * what does not match in the end is tried with every combination of them. It builds the position automaton (Glushkov) and
 * looks for a loop that is ambiguous, as Weber and Seidl, "On the degree of ambiguity of finite automata" (1991), do.
 */
export function runsAway(regex: RegexNode): boolean {
  const automaton = new Automaton(regex);
  const positions = automaton.sets.map((_, position) => position);
  const loops = components(positions, (position) => automaton.after(position));
  return loops.some((loop) => isAmbiguous(loop, automaton)) || automaton.looks.some(({ of }) => runsAway(of));
}

/** Of positions from each of which all others can be reached again. */
function isAmbiguous(loop: readonly number[], { sets, follow }: Automaton): boolean {
  const inside = new Set(loop);
  const next = loop.map((position) => [...(follow[position] ?? [])].filter(([end]) => inside.has(end)));
  if (next.some((ends) => ends.some(([, ways]) => ways > 1))) return true;
  if (loop.length > MOST_IN_LOOP) throw new RegexNotUnderstood('what it repeats is too long');
  const size = sets.length;
  const after = new Map(loop.map((position, index) => [position, (next[index] ?? []).map(([end]) => end)]));
  const fit = (one: number, other: number) => overlap(sets[one] ?? [], sets[other] ?? []);
  const pairsAfter = (pair: number): number[] => {
    const ends = after.get(pair % size) ?? [];
    return (after.get(Math.floor(pair / size)) ?? []).flatMap((one) =>
      ends.filter((other) => fit(one, other)).map((other) => one * size + other),
    );
  };
  const same = loop.map((position) => position * size + position);
  return components(same, pairsAfter).some(
    (pairs) =>
      pairs.some((pair) => Math.floor(pair / size) === pair % size) &&
      pairs.some((pair) => Math.floor(pair / size) !== pair % size),
  );
}
