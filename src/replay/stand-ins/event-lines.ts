import type { Clock } from '../../clock.js';

/** Columns of a line: seconds since the beginning, who or what, and what happened. */
export function lineWriter(clock: Clock, print: (text: string) => void): (what: string, words: string) => void {
  const startMs = clock.now();
  return (what, words) => {
    const seconds = ((clock.now() - startMs) / 1000).toFixed(1);
    print(`${seconds.padStart(6)} s  ${what.padEnd(12)}  ${words}\n`);
  };
}

/** `1240 ms`, rounded. */
export function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
