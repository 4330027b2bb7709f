import type { Fixture } from './fixture.js';

/** The fixture's network in the phone's words. */
export function lineOf({ seed, gaps, cutAt, ...impairments }: Fixture['call']['network']) {
  return {
    ...(seed !== undefined && { seed }),
    network: {
      ...impairments,
      ...(gaps && { gaps: gaps.map(({ at, for: forMs, kind }) => ({ atMs: at, forMs, kind })) }),
      ...(cutAt !== undefined && { tcpCutAtMs: cutAt }),
    },
  };
}
