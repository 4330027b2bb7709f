import { FRAME_MS } from '../audio/framing.js';
import type { Timer } from './state.js';
import { Timers } from './timers.js';

export interface CallTimersOptions {
  after: (ms: number, action: () => void) => () => void;
  /** After how long a silence the caller is asked, in ms, and for how long they have been silent. */
  silencePromptAfterMs: number;
  silentMs: () => number;
  timeUp: (timer: Timer) => void;
}

/** The timers that `step` sets. Someone who is talking, or just was, is not silent, whatever the model has made of it so far. */
export class CallTimers {
  readonly #options: CallTimersOptions;
  readonly #timers: Timers<Timer>;

  constructor(options: CallTimersOptions) {
    this.#options = options;
    this.#timers = new Timers(options.after);
  }

  set(timer: Timer, ms: number): void {
    const { silencePromptAfterMs, silentMs, timeUp } = this.#options;
    this.#timers.set(timer, ms, () => {
      const missingMs = timer === 'silence' ? silencePromptAfterMs - silentMs() : 0;
      if (missingMs > FRAME_MS) this.set(timer, missingMs);
      else timeUp(timer);
    });
  }

  cancel(timer: Timer): void {
    this.#timers.cancel(timer);
  }

  cancelAll(): void {
    this.#timers.cancelAll();
  }
}
