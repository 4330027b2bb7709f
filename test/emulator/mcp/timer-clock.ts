import { FakeClock } from '../../../src/clock.js';

/** A fake clock that tells when somebody waits for something. */
export class TimerClock extends FakeClock {
  readonly #waiting: { delayMs: number; resolve: () => void }[] = [];

  override after(delayMs: number, action: () => void): () => void {
    const cancel = super.after(delayMs, action);
    for (const each of this.#waiting.filter((waiter) => waiter.delayMs === delayMs)) {
      this.#waiting.splice(this.#waiting.indexOf(each), 1);
      each.resolve();
    }
    return cancel;
  }

  /** Once the next timer of this length is set. */
  timer(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ delayMs, resolve }));
  }
}
