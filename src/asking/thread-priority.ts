import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import type { Raised } from '../priority.js';

/** How often the thread looks at itself, in ms. */
export const LOOK_EVERY_MS = 1000;
/** A thread that has had more than this share of a core in that time is ordinary. */
const BUSY = 0.5;
/** One that has had less than this, so many times in a row, comes before ordinary work. */
const QUIET = 0.25;
const QUIET_LOOKS = 3;

export interface ThreadPriorityOptions {
  /** How long the thread has had a core so far, in ms; undefined where the system does not tell. */
  readonly cpuMs: () => number | undefined;
  /** Whether the loop that carries calls comes before ordinary work. */
  readonly areCallsFirst: () => boolean;
  /** Puts the thread before ordinary work, and behind calls. */
  readonly raise: () => Promise<Raised>;
  /** Makes it ordinary; answers whether it is. */
  readonly lower: () => Promise<boolean>;
  /** Told at each look what share of a core it has had since the last one. */
  readonly looked: (share: number) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Keeps a thread before ordinary work while it has little to do, so that a question waits for no build and no database. One that has
 * much to do is ordinary, lest it hold back those whom the loop of the calls waits for itself: V8's helpers, and the database. It never
 * comes before ordinary work where calls do not.
 */
export function keepPriority(options: ThreadPriorityOptions): void {
  const { cpuMs, areCallsFirst, raise, lower, looked, clock, log } = options;
  let before = { cpuMs: cpuMs(), atMs: clock.now() };
  let quietLooks = 0;
  let isRaised = false;
  let mayRaise = true;
  let isTold = false;

  const follow = async (share: number) => {
    if (isRaised && share > BUSY) {
      isRaised = !(await lower());
      if (isRaised && !isTold) log.warn({ code: 'INTERNAL' }, 'a busy thread cannot be made ordinary');
      isTold ||= isRaised;
    } else if (!isRaised && mayRaise && quietLooks >= QUIET_LOOKS && areCallsFirst()) {
      isRaised = (await raise()).raised;
      // Whoever may not once may not later. What gave up may have done its work all the same.
      mayRaise = isRaised;
      if (!isRaised) await lower();
    }
  };
  const look = async () => {
    const now = { cpuMs: cpuMs(), atMs: clock.now() };
    if (now.cpuMs === undefined || before.cpuMs === undefined) return;
    const share = (now.cpuMs - before.cpuMs) / (now.atMs - before.atMs);
    before = now;
    looked(share);
    quietLooks = share < QUIET ? quietLooks + 1 : 0;
    await follow(share);
    clock.after(LOOK_EVERY_MS, look);
  };
  clock.after(LOOK_EVERY_MS, look);
}
