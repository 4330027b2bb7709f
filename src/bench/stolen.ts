import { existsSync, readFileSync } from 'node:fs';

/** Linux alone tells; the first line is of all cores together. */
const STAT = '/proc/stat';
/** Which of the numbers behind `cpu` it is; source: proc_stat(5), "steal". */
const STEAL = 7;
/** One tick of USER_HZ, in ms. */
const TICK_MS = 10;

/**
 * A hypervisor that takes more than this share of a core has a part in the 99th percentile: what was due meanwhile is late by as
 * much as it took, often tens of ms at once.
 */
const LIMIT = 0.01;

/** Something that was measured, and what share of a core the hypervisor took meanwhile, from all cores together. */
export interface Stolen {
  readonly stolenShare: number;
}

/** Whether the hypervisor took nothing to speak of. It says nothing of what was measured. */
export function isUndisturbed({ stolenShare }: Stolen): boolean {
  return stolenShare <= LIMIT;
}

/** What the hypervisor has taken since the machine started, in ms; undefined where the system does not tell. */
export function stolenMs(text: string = existsSync(STAT) ? readFileSync(STAT, 'utf8') : ''): number | undefined {
  const [, fields] = /^cpu +(.*)$/m.exec(text) ?? [];
  const ticks = Number(fields?.split(' ')[STEAL]);
  return Number.isNaN(ticks) ? undefined : ticks * TICK_MS;
}

/** Measures, and tells what was taken meanwhile; nothing where nobody tells. */
export async function withStolen<Result extends object>(
  measure: () => Promise<Result>,
  now: () => number | undefined = stolenMs,
): Promise<Result & Stolen> {
  const startMs = performance.now();
  const before = now() ?? 0;
  const result = await measure();
  return { ...result, stolenShare: ((now() ?? 0) - before) / (performance.now() - startMs) };
}

/** Measures so often at most until the hypervisor takes nothing to speak of, and keeps what it took least of. */
export async function leastStolen<Result extends Stolen>(
  tries: number,
  measure: () => Promise<Result>,
): Promise<Result & { tries: number }> {
  let kept = await measure();
  let tried = 1;
  for (; tried < tries && !isUndisturbed(kept); tried++) {
    const again = await measure();
    if (again.stolenShare < kept.stolenShare) kept = again;
  }
  return { ...kept, tries: tried };
}
