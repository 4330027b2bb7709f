import type { Part } from './faults.js';

/** What makes a run the same again. */
export interface RunSize {
  readonly seed: number;
  readonly calls: number;
  readonly atOnce: number;
}

export const USUAL_SIZE = { calls: 240, atOnce: 40 } as const;

/** The command that makes the same calls meet the same faults again: all of them, or those of one part. */
export function commandOf({ seed, calls, atOnce }: RunSize, only?: Part | string): string {
  const words = [
    `npm run chaos -- --seed ${seed}`,
    ...(calls === USUAL_SIZE.calls ? [] : [`--calls ${calls}`]),
    ...(atOnce === USUAL_SIZE.atOnce ? [] : [`--at-once ${atOnce}`]),
    ...(only === undefined ? [] : [`--only ${only}`]),
  ];
  return words.join(' ');
}
