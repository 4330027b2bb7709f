import { FakeClock } from '../../src/clock.js';

/** A clock of a process that can stand still: timers that fall due meanwhile all run when it goes on, and late. */
export class StandingClock extends FakeClock {
  #wokeMs = 0;

  override now(): number {
    return Math.max(super.now(), this.#wokeMs);
  }

  override after(delayMs: number, action: () => void): () => void {
    return super.after(this.now() - super.now() + Math.max(0, delayMs), action);
  }

  /** For so long nothing runs; then all timers that are due, before anything else. */
  standStill(ms: number): void {
    this.#wokeMs = super.now() + ms;
    this.advance(ms);
  }
}
