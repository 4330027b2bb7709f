import type { Clock } from '../../clock.js';

/** A timer that was set, by its number, and when it falls due. */
export interface BoxTimer {
  timer: number;
  dueMs: number;
}

/** The time of a black box: it is what the tape says, and timers fire when the tape says so, by their numbers from 1. */
export class BoxClock implements Clock {
  #nowMs: number;
  #timerCount = 0;
  readonly #timers = new Map<number, { dueMs: number; action: () => void }>();

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  /** Goes on to this time; no timer fires by that. */
  set(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = ++this.#timerCount;
    this.#timers.set(timer, { dueMs: this.#nowMs + delayMs, action });
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** The timers that have neither fired nor been cancelled. */
  get pending(): BoxTimer[] {
    return [...this.#timers].map(([timer, { dueMs }]) => ({ timer, dueMs }));
  }

  /** Fires a timer. Answers when it falls due; undefined when it is not set. */
  fire(timer: number): number | undefined {
    const set = this.#timers.get(timer);
    this.#timers.delete(timer);
    set?.action();
    return set?.dueMs;
  }
}
