import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism, setPriority } from 'node:os';
import { messageOf } from './errors.js';

/** What became of it; `why` is what the system said. */
export type Raised = { readonly raised: true } | { readonly raised: false; readonly why: string };

/**
 * Levels of real time (sched(7)): the lowest is before everything that is ordinary, and a frame of a call before what tools ask.
 */
export const REALTIME = { calls: 2, services: 1 } as const;
const LIMIT_MS = 5000;

export interface Raise {
  /** Which thread, as the system numbers them; a process is the thread of its loop. Left out: that of this process. */
  readonly id?: number;
  /** Left out: that of calls. */
  readonly level?: keyof typeof REALTIME;
  /** Left out: as many as there are. */
  readonly cores?: number;
}

/**
 * Puts an event loop, by default that of this process, before all ordinary work of the machine: a caller's frame that
 * comes while a database or a build holds the core is carried at once instead of when the scheduler gets round to it.
 * Telephone servers do the same (FreeSWITCH `-rp`, Asterisk `-p`). What the process starts later is ordinary again.
 *
 * Only the thread of the loop: those that wait for disks and compile stay ordinary, so that it never holds back what it
 * waits for. For the same reason not where there is a single core: V8's loop looks again and again whether its helpers
 * have done their part (seen with both at real time: two processes held two cores for minutes).
 *
 * Where more threads are at work than there are cores, the loop waits for V8's ordinary helpers in collections of the young
 * generation (seen with twenty on two cores: one in four took longer than 5 ms). `--single-threaded-gc` spares that, and has it
 * stand still for some 50 ms in each collection of everything, which is worse wherever there is room.
 *
 * It needs CAP_SYS_NICE or RLIMIT_RTPRIO >= 2 (sched(7)) and `chrt` of util-linux; without them all stays as it was.
 * Never rejects.
 */
export async function raisePriority(options: Raise = {}): Promise<Raised> {
  const { id = process.pid, level = 'calls', cores = availableParallelism() } = options;
  if (cores < 2) return { raised: false, why: 'there is a single core' };
  return changed(['--reset-on-fork', '--rr', '--pid', String(REALTIME[level]), String(id)]);
}

/** Makes a thread ordinary again; answers whether it is. Never rejects. */
export async function lowerPriority(id: number): Promise<boolean> {
  // Nobody but the root user may take back that children are ordinary (sched(7)).
  const { raised: isDone } = await changed(['--reset-on-fork', '--other', '--pid', '0', String(id)]);
  return isDone;
}

function changed(given: readonly string[]): Promise<Raised> {
  return new Promise((resolve) => {
    try {
      execFile('chrt', given, { timeout: LIMIT_MS }, (error, _stdout, stderr) => {
        if (!error) resolve({ raised: true });
        else if (error.code === 'ENOENT') resolve({ raised: false, why: 'there is no chrt (util-linux) here' });
        else resolve({ raised: false, why: stderr.trim() || error.message });
      });
    } catch (error) {
      // There is no room for one more process.
      resolve({ raised: false, why: messageOf(error) });
    }
  });
}

/** The last of ordinary priorities: what is left of the processor. */
const LAST = 19;
/** Of Linux: the threads of whoever reads it. */
const OWN_THREADS = '/proc/self/task';

/**
 * Puts this process behind all other work, with every thread that it has and will have. `setPriority(LAST)` alone moves the
 * thread of the event loop (setpriority(2), "C library/kernel differences"): the ten that Node has started for compiling,
 * collecting garbage and files would stay beside those of live calls.
 */
export function workLast(): void {
  for (const thread of existsSync(OWN_THREADS) ? readdirSync(OWN_THREADS) : ['0']) {
    try {
      setPriority(Number(thread), LAST);
    } catch {
      // It has ended meanwhile.
    }
  }
}
