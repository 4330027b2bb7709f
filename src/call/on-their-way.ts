import type { Clock } from '../clock.js';

/** Nobody waits any longer for another instance to go on with a call that was handed over, in ms. */
const TAKEN_WITHIN_MS = 10_000;

/**
 * Calls that were handed over a moment ago, and are not yet known to go on elsewhere; at an instance that is being stopped also
 * those of which the carrier has yet to ask what comes next.
 */
export class OnTheirWay {
  readonly #clock: Clock;
  /** What is told when this one need not be waited for any more. */
  readonly #arrived: () => void;
  readonly #timers = new Map<string, () => void>();

  constructor(clock: Clock, arrived: () => void) {
    this.#clock = clock;
    this.#arrived = arrived;
  }

  get count(): number {
    return this.#timers.size;
  }

  left(callSid: string): void {
    this.#timers.get(callSid)?.();
    this.#timers.set(
      callSid,
      this.#clock.after(TAKEN_WITHIN_MS, () => this.arrived(callSid)),
    );
  }

  /** It goes on, here or elsewhere, or is over. */
  arrived(callSid: string): void {
    this.#timers.get(callSid)?.();
    if (this.#timers.delete(callSid)) this.#arrived();
  }

  close(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }
}
