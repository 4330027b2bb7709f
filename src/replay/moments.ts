import type { Clock } from '../clock.js';
import { type Moment, type Trigger, wordsOf } from './fixture/trigger.js';

/** What has happened so far in a call, and who waits for what is still to happen. Times are clock times in ms. */
export class Moments {
  readonly #clock: Clock;
  readonly #past = new Map<string, number>();
  readonly #waiting = new Map<string, ((atMs: number) => void)[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Only the first time counts. */
  note(moment: Moment, clockMs: number): void {
    const key = wordsOf(moment);
    if (this.#past.has(key)) return;
    this.#past.set(key, clockMs);
    for (const resolve of this.#waiting.get(key) ?? []) resolve(clockMs);
    this.#waiting.delete(key);
  }

  /** Resolves with true when the trigger's time has come (at once when it is past), with false when the signal aborts first. */
  async due(trigger: Trigger, signal: AbortSignal): Promise<boolean> {
    const atMs = await this.#when(trigger.moment, signal);
    return atMs !== undefined && (await pauseUntil(this.#clock, atMs + trigger.plusMs, signal));
  }

  #when(moment: Moment, signal: AbortSignal): Promise<number | undefined> {
    const key = wordsOf(moment);
    const past = this.#past.get(key);
    if (past !== undefined) return Promise.resolve(past);
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
      this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), resolve]);
    });
  }
}

/** True when the clock has reached the time, false when the signal aborted before. */
export function pauseUntil(clock: Clock, clockMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const finish = () => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve(!signal.aborted);
    };
    const cancel = clock.after(clockMs - clock.now(), finish);
    signal.addEventListener('abort', finish, { once: true });
  });
}
