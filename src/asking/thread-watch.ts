import type { EventLoopUtilityFunction } from 'node:perf_hooks';
import type { Clock } from '../clock.js';
import type { Raised } from '../priority.js';

/** How often the thread is looked at, in ms. */
export const LOOK_EVERY_MS = 1000;
/** A thread that is busier than this share of a second is ordinary. */
const BUSY = 0.5;
/** Only one that is less busy than this comes before ordinary work again. */
const QUIET = 0.25;

export interface ThreadWatchOptions {
  /** Puts a thread of the system before ordinary work, and behind the loop that carries calls; left out, that is not wanted. */
  readonly raise?: ((id: number) => Promise<Raised>) | undefined;
  readonly lower: (id: number) => Promise<void>;
  readonly clock: Clock;
}

/** A thread as its parent sees it, whatever it is doing. */
export interface WatchedThread {
  /** What the system calls it; undefined where it has no number for threads. */
  readonly id: number | undefined;
  /** As `Worker.performance.eventLoopUtilization`. */
  readonly eventLoopUtilization: EventLoopUtilityFunction;
}

/**
 * Looks every second how busy a thread is. One that has little to do comes before ordinary work, so that a question waits for no
 * build and no database. One that has much to do does not, lest it holds back those whom the loop of the calls waits for itself:
 * V8's helpers, and the database.
 */
export class ThreadWatch {
  readonly #options: ThreadWatchOptions;
  #utilization: number | undefined;
  #cancel = (): void => undefined;

  constructor(options: ThreadWatchOptions) {
    this.#options = options;
  }

  /** Share of the last second in which the thread was busy, 0 to 1; undefined when there was none. */
  get utilization(): number | undefined {
    return this.#utilization;
  }

  /** A thread has begun; it is ordinary. */
  began({ id, eventLoopUtilization }: WatchedThread): void {
    const { raise, lower, clock } = this.#options;
    let mayRaise = raise !== undefined && id !== undefined;
    let isRaised = false;
    let before = eventLoopUtilization();

    const look = async () => {
      const now = eventLoopUtilization();
      const { utilization } = eventLoopUtilization(now, before);
      before = now;
      this.#utilization = utilization;
      if (isRaised && utilization > BUSY) {
        await lower(id!);
        isRaised = false;
      } else if (!isRaised && mayRaise && utilization < QUIET) {
        isRaised = (await raise!(id!)).raised;
        // Whoever may not once may not later.
        mayRaise = isRaised;
      }
    };
    const lookAgain = () => {
      const cancel = clock.after(LOOK_EVERY_MS, () => {
        void look().then(() => {
          // Another one has begun meanwhile, or none will any more.
          if (this.#cancel === cancel) lookAgain();
        });
      });
      this.#cancel = cancel;
    };
    this.ended();
    lookAgain();
  }

  /** There is no thread any more. */
  ended(): void {
    this.#cancel();
    this.#cancel = () => undefined;
    this.#utilization = undefined;
  }
}
