import type { Fixture } from '../fixture/fixture.js';
import type { ReplayResult } from '../replayed-call.js';
import { type ReplayTarget, replay } from '../runner.js';
import type { RunCall } from './run-results.js';
import { fixtureFor, type Variant } from './run-variants.js';

/** One replay that is to be made. */
export interface Job {
  /** As its variant has it. */
  readonly fixture: Fixture;
  readonly variant: Variant;
  /** Counted from 1. */
  readonly round: number;
  /** For people. */
  readonly title: string;
}

/** Every fixture in every variant, `rounds` times. Throws `FIXTURE_INVALID` when a variant cannot be had. */
export function jobsOf(fixtures: readonly Fixture[], variants: readonly Variant[], rounds: number): Job[] {
  const once = variants.flatMap((variant) =>
    fixtures.map((fixture) => ({ fixture: fixtureFor(fixture, variant), variant })),
  );
  return Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) =>
    once.map(({ fixture, variant }) => {
      const words = [
        fixture.name,
        ...(variant.label === '' ? [] : [`[${variant.label}]`]),
        ...(rounds > 1 ? [`(${round} of ${rounds})`] : []),
      ];
      return { fixture, variant, round, title: words.join(' ') };
    }),
  );
}

/** Who watches a run. */
export interface Progress {
  began(title: string): void;
  ended(title: string, result: ReplayResult): void;
}

export interface Manner {
  /** How many at the same time. */
  readonly atOnce: number;
  /** One after the other, and none after the first that is not as expected. */
  readonly bail: boolean;
}

/**
 * Makes the replays; `finish` has the last word on each. The results stand in the jobs' order, not in that in which they came.
 * Rejects only as `finish` does.
 */
export async function replayAll(
  jobs: readonly Job[],
  { atOnce, bail }: Manner,
  targetOf: (variant: Variant) => ReplayTarget,
  progress: Progress,
  finish: (result: ReplayResult) => Promise<ReplayResult> = async (result) => result,
): Promise<RunCall[]> {
  const calls: RunCall[] = [];
  let next = 0;
  let isOver = false;
  const work = async () => {
    while (next < jobs.length && !isOver) {
      const index = next++;
      const { fixture, variant, round, title } = jobs[index]!;
      progress.began(title);
      const result = await finish(await replay(fixture, targetOf(variant)));
      calls[index] = { result, variant: variant.label, round };
      progress.ended(title, result);
      if (bail && result.failures.length > 0) isOver = true;
    }
  };
  await Promise.all(Array.from({ length: bail ? 1 : Math.min(atOnce, jobs.length) }, work));
  return calls;
}
