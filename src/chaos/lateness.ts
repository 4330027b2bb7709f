import type { Clock } from '../clock.js';

const TICK_MS = 20;
/** From here on callers and models of this process were kept from doing their part, in ms. */
export const DISTURBED_MS = 400;

/** Watches how late this process comes to what it has to do: then callers and models are late, and not the bridge. */
export class Lateness {
  /** When it was kept from running, and for how long; ms of the clock. */
  readonly stalls: { readonly fromMs: number; readonly toMs: number }[] = [];
  #cancel: () => void = () => undefined;

  constructor(clock: Clock) {
    let lastMs = clock.now();
    const tick = () => {
      const nowMs = clock.now();
      if (nowMs - lastMs > TICK_MS + DISTURBED_MS) this.stalls.push({ fromMs: lastMs, toMs: nowMs });
      lastMs = nowMs;
      this.#cancel = clock.after(TICK_MS, tick);
    };
    this.#cancel = clock.after(TICK_MS, tick);
  }

  stop(): void {
    this.#cancel();
  }
}
