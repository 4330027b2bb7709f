import type { Clock } from '../clock.js';

/**
 * Time that stands still while one input is worked on, so that the same inputs at the same times give the same call. Timers
 * are numbered from 1 in the order of their making; one that falls due is handed to `fired` as an input like any other.
 */
export class TickClock implements Clock {
  readonly #real: Clock;
  readonly #fired: (timer: number, action: () => void) => void;
  #nowMs: number;
  #timerCount = 0;

  constructor(real: Clock, fired: (timer: number, action: () => void) => void) {
    this.#real = real;
    this.#fired = fired;
    this.#nowMs = this.begin();
  }

  /** Takes the time of the input that is worked on now, in whole microseconds: as finely as it can be written down. */
  begin(): number {
    this.#nowMs = Math.round(this.#real.now() * 1000) / 1000;
    return this.#nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = ++this.#timerCount;
    return this.#real.after(delayMs, () => this.#fired(timer, action));
  }
}
