import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** What the system tells of a thread. */
export interface ThreadStat {
  /** How long it has had a core, in ms. */
  readonly cpuMs: number;
  /** Whether it comes before all ordinary work: round robin, or first in first out. */
  readonly isRealtime: boolean;
}

/** Of the thread that reads it. */
const SELF = '/proc/thread-self';
export const THIS_THREAD = `${SELF}/stat`;
/** The thread of the process's own loop. */
export const MAIN_THREAD = `/proc/self/task/${process.pid}/stat`;

/** Where they are behind the name, which may have spaces; source: proc_pid_stat(5), fields 14, 15 and 41. */
const [USER, SYSTEM, POLICY] = [11, 12, 38];
/** Of sched(7): SCHED_FIFO and SCHED_RR. */
const REALTIME = [1, 2];
/** One tick of USER_HZ, in ms. */
const TICK_MS = 10;

/** Reads that; undefined where the system has no such file, which only Linux has. */
export function threadStat(path: string): ThreadStat | undefined {
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  return { cpuMs: (fields[USER]! + fields[SYSTEM]!) * TICK_MS, isRealtime: REALTIME.includes(fields[POLICY]!) };
}

/** What the system calls the thread that asks; throws where it has no number for it, which only Linux has. */
export function ownThreadId(): number {
  return Number(basename(readlinkSync(SELF)));
}
