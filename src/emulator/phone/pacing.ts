import type { Clock } from '../../clock.js';

/**
 * One timer for everything a call has to do on time. `work` does all that is due (late wake-ups therefore catch up in a burst)
 * and returns the clock time at which it next wants to run, Infinity for never.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #work: (nowMs: number) => number;
  #dueMs = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => {};
  #isStopped = false;

  constructor(clock: Clock, work: (nowMs: number) => number) {
    this.#clock = clock;
    this.#work = work;
  }

  /** Does what is due now, and goes on by itself. */
  run(): void {
    if (this.#isStopped) return;
    this.#cancel();
    this.#dueMs = Number.POSITIVE_INFINITY;
    const dueMs = this.#work(this.#clock.now());
    this.wakeBy(dueMs);
  }

  /** Wakes at `dueMs` at the latest. */
  wakeBy(dueMs: number): void {
    if (this.#isStopped || dueMs >= this.#dueMs) return;
    this.#cancel();
    this.#dueMs = dueMs;
    this.#cancel = this.#clock.after(Math.max(0, dueMs - this.#clock.now()), () => this.run());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }
}
