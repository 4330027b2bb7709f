import type { Clock } from '../../clock.js';
import { waitOn } from './timeline.js';

/** Keys that were pressed and not yet asked for. */
export class KeyQueue {
  readonly #clock: Clock;
  readonly #keys: string[] = [];
  #wake: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  push(digit: string): void {
    this.#keys.push(digit);
    this.#wake();
  }

  clear(): void {
    this.#keys.length = 0;
  }

  /** The next key within a time, or undefined, also when the signal aborts. A key pressed before it was asked for counts. */
  async next(withinMs: number, signal: AbortSignal): Promise<string | undefined> {
    if (this.#keys.length === 0) {
      const pressed = new AbortController();
      this.#wake = () => pressed.abort();
      await waitOn(this.#clock, withinMs, AbortSignal.any([signal, pressed.signal]));
    }
    return this.#keys.shift();
  }

  /** The keys a `<Gather>` takes. Source: Twilio, TwiML `<Gather>`. */
  async gather(
    { keyCount, timeoutMs, finishOnKey }: { keyCount: number; timeoutMs: number; finishOnKey: string },
    signal: AbortSignal,
  ): Promise<string> {
    let digits = '';
    while (digits.length < keyCount) {
      const key = await this.next(timeoutMs, signal);
      if (key === undefined || finishOnKey.includes(key)) break;
      digits += key;
    }
    return digits;
  }
}
