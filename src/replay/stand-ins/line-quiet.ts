import { type Clock, pause } from '../../clock.js';
import type { PhoneEvent } from '../../emulator/phone/phone.js';

const LOOK_EVERY_MS = 50;
/** How long a `<Say>` of the carrier lasts, as the phone has it. */
const SAY_MS_PER_CHARACTER = 60;

/** Whether the caller hears anything, of the agent or of the carrier. */
export class LineQuiet {
  readonly #clock: Clock;
  #isPlaying = false;
  #soundedUntilMs: number;
  #answeredAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#soundedUntilMs = clock.now();
  }

  hear(event: PhoneEvent): void {
    const nowMs = this.#clock.now();
    switch (event.kind) {
      case 'playing-started':
        this.#isPlaying = true;
        this.#answeredAtMs = nowMs;
        break;
      case 'playing-ended':
        this.#isPlaying = false;
        this.#soundedUntilMs = nowMs;
        break;
      case 'spoken':
        this.#answeredAtMs = nowMs;
        this.#soundedUntilMs = nowMs + event.text.length * SAY_MS_PER_CHARACTER;
        break;
      case 'stream-started':
        this.#soundedUntilMs = Math.max(this.#soundedUntilMs, nowMs);
        break;
    }
  }

  /**
   * Resolves when nothing has been heard for `quietMs` and something was since `sinceMs`, or when nothing was for `limitMs`
   * since then; with false when the signal aborts first. Times are the clock's.
   */
  async after(
    sinceMs: number,
    { quietMs, limitMs }: { quietMs: number; limitMs: number },
    signal: AbortSignal,
  ): Promise<boolean> {
    for (;;) {
      if (signal.aborted) return false;
      const nowMs = this.#clock.now();
      const isQuiet = !this.#isPlaying && nowMs - this.#soundedUntilMs >= quietMs;
      if (isQuiet && (this.#answeredAtMs >= sinceMs || nowMs - sinceMs >= limitMs)) return true;
      await pause(this.#clock, LOOK_EVERY_MS, signal);
    }
  }
}
