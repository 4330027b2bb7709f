import { ms } from './report.js';
import { median } from './statistics.js';

/** What another load makes of a delay, over pairs of windows that follow each other; in ms. */
export interface Difference {
  readonly pairs: number;
  readonly medianMs: number;
  /** Where the true median lies, 19 times of 20; undefined with so few pairs that nothing can be said. */
  readonly betweenMs: readonly [low: number, high: number] | undefined;
}

/** How often an interval may miss what it is to hold. */
const MISS = 0.05;

/**
 * The machine changes from one minute to the next, and every window of that minute with it: what is compared are windows
 * side by side, not the windows of one load with those of another. A pair of which one was not measured counts for nothing;
 * undefined when there is none.
 */
export function pairedDifference(
  before: readonly (number | undefined)[],
  after: readonly (number | undefined)[],
): Difference | undefined {
  const differences = before
    .flatMap((value, pair) => {
      const other = after[pair];
      return value === undefined || other === undefined ? [] : [other - value];
    })
    .sort((a, b) => a - b);
  if (differences.length === 0) return undefined;
  const left = leftOut(differences.length);
  return {
    pairs: differences.length,
    medianMs: median(differences),
    betweenMs: left === undefined ? undefined : [differences[left]!, differences.at(-1 - left)!],
  };
}

/**
 * So many of the lowest and of the highest lie outside of the interval of the sign test: each difference is above the true
 * median as often as below it, whatever their distribution.
 */
function leftOut(count: number): number | undefined {
  let outside = 0;
  let ways = 1;
  for (let index = 0; index < count; index++) {
    outside += 2 * ways * 0.5 ** count;
    if (outside > MISS) return index === 0 ? undefined : index - 1;
    ways = (ways * (count - index)) / (index + 1);
  }
  return undefined;
}

/** `+0.31 ms (-0.20 to +1.10)`: the second what noise leaves open. */
export function differenceText({ medianMs, betweenMs }: Difference): string {
  const median = `${signed(medianMs)} ms`;
  return betweenMs ? `${median} (${betweenMs.map(signed).join(' to ')})` : median;
}

function signed(valueMs: number): string {
  return `${valueMs >= 0 ? '+' : ''}${ms(valueMs)}`;
}
