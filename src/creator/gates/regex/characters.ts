/** Code points, as ranges in order. */
export type CharacterSet = readonly (readonly [from: number, to: number])[];

const LAST = 0x10_ffff;
export const ANY: CharacterSet = [[0, LAST]];
const DIGITS: CharacterSet = [[0x30, 0x39]];
const BLANKS: CharacterSet = [
  [0x09, 0x0d],
  [0x1c, 0x20],
  [0x85, 0x85],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
];
/** Beyond ASCII all that is no blank and no punctuation. */
const WORDS: CharacterSet = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
  [0xaa, 0x167f],
  [0x1681, 0x1fff],
  [0x2071, 0x2fff],
  [0x3001, LAST],
];
const CLASSES: Readonly<Record<string, CharacterSet>> = { d: DIGITS, s: BLANKS, w: WORDS };

export const only = (code: number): CharacterSet => [[code, code]];

/** `\d`, `\W` and the like. */
export function classOf(letter: string): CharacterSet | undefined {
  const set = CLASSES[letter.toLowerCase()];
  return set && letter !== letter.toLowerCase() ? allBut(set) : set;
}

export function allBut(set: CharacterSet): CharacterSet {
  const rest: [number, number][] = [];
  let next = 0;
  for (const [from, to] of [...set].sort(([a], [b]) => a - b)) {
    if (from > next) rest.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= LAST) rest.push([next, LAST]);
  return rest;
}

export const overlap = (one: CharacterSet, other: CharacterSet): boolean =>
  one.some(([from, to]) => other.some(([start, end]) => from <= end && start <= to));

/** With the other case of every ASCII letter. */
export function inBothCases(set: CharacterSet): CharacterSet {
  const moved = (first: number, last: number, by: number) =>
    set.flatMap(([from, to]): [number, number][] => {
      const [low, high] = [Math.max(from, first), Math.min(to, last)];
      return low <= high ? [[low + by, high + by]] : [];
    });
  return [...set, ...moved(0x41, 0x5a, 0x20), ...moved(0x61, 0x7a, -0x20)];
}
