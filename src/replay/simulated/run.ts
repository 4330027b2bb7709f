import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf } from '../../errors.js';
import { writeFixture } from '../recorded/make.js';
import type { Job } from '../run/run-calls.js';
import type { RunCall } from '../run/run-results.js';
import { keptFiles } from './keep.js';

/**
 * Keeps each replay of a simulated caller that was not as expected as a plain recorded call in a new folder below `folder`.
 * `calls` stand in the order of their jobs. A line for each, in words.
 */
export function keepFailing(jobs: readonly Job[], calls: readonly (RunCall | undefined)[], folder: string): string[] {
  return jobs.flatMap(({ fixture }, index) => {
    const result = calls[index]?.result;
    if (!fixture.call.simulated || !result?.call || result.failures.length === 0) return [];
    const place = unused(join(resolve(folder), fixture.name));
    try {
      writeFixture(keptFiles(fixture, result.call), place);
      return [`Kept: ${place}`];
    } catch (error) {
      return [`${fixture.name} cannot be kept: ${messageOf(error)}`];
    }
  });
}

/** The place, or the first numbered one after it that is free. */
function unused(place: string): string {
  let free = place;
  for (let number = 2; existsSync(free); number++) free = `${place}-${number}`;
  return free;
}
