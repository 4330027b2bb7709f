import { existsSync, readFileSync } from 'node:fs';

/** Linux alone tells; the first line is of all cores together. */
const STAT = '/proc/stat';
/** Which of the numbers behind `cpu` it is; source: proc_stat(5), "steal". */
const STEAL = 7;
/** One tick of USER_HZ, in ms. */
const TICK_MS = 10;

/**
 * A hypervisor that takes more than this of the time of a core, in shares of it, decides the 99th percentile itself: what was due
 * meanwhile is late by as much as it took, often tens of ms at once.
 */
export const STOLEN_LIMIT = 0.01;

/** What the hypervisor has taken from all cores since the machine started, in ms; undefined where the system does not tell. */
export function stolenMs(
  text: string | undefined = existsSync(STAT) ? readFileSync(STAT, 'utf8') : undefined,
): number | undefined {
  const [, fields] = /^cpu +(.*)$/m.exec(text ?? '') ?? [];
  const ticks = Number(fields?.split(' ')[STEAL]);
  return Number.isNaN(ticks) ? undefined : ticks * TICK_MS;
}

/** Does something, and tells what share of a core was taken meanwhile; 0 where nobody tells. */
export async function withStolenShare<Result>(
  work: () => Promise<Result>,
): Promise<{ result: Result; stolenShare: number }> {
  const startMs = performance.now();
  const before = stolenMs() ?? 0;
  const result = await work();
  return { result, stolenShare: ((stolenMs() ?? 0) - before) / (performance.now() - startMs) };
}
