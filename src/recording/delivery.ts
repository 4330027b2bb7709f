import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 5 * 60_000;
const MAX_AT_ONCE = 4;
export type Work<Result> = (signal: AbortSignal) => Promise<Result>;

/** Work on recordings that is repeated until it succeeds: in order for one call, a few calls at once. */
export class Deliveries {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #abort = new AbortController();
  readonly #tails = new Map<string, Promise<unknown>>();
  /** Those that pause, and what wakes them. */
  readonly #pauses = new Map<string, () => void>();
  readonly #queue: (() => void)[] = [];
  #running = 0;
  #isClosing = false;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Resolves with what came of it, undefined when it was not done by the end of the process. Never rejects; `says` is
   * logged when it is not done at once.
   */
  run<Result>(callSid: string, says: string, work: Work<Result>): Promise<Result | undefined> {
    const done = (this.#tails.get(callSid) ?? Promise.resolve()).then(() => this.#repeat(callSid, says, work));
    this.#tails.set(callSid, done);
    void done.then(() => {
      if (this.#tails.get(callSid) === done) this.#tails.delete(callSid);
    });
    return done;
  }

  /** What pauses for this call is tried again now. */
  wake(callSid: string): void {
    this.#pauses.get(callSid)?.();
  }

  /** Lets everything be tried once more, then gives up the rest: at `limit` also what does not listen. */
  async close(limit: Promise<void>): Promise<void> {
    this.#isClosing = true;
    for (const wake of [...this.#pauses.values()]) wake();
    await Promise.race([this.#untilDone(), limit]);
    this.#abort.abort();
  }

  async #untilDone(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }

  async #repeat<Result>(callSid: string, says: string, work: Work<Result>): Promise<Result | undefined> {
    for (let attempt = 1; !this.#abort.signal.aborted; attempt++) {
      await this.#turn();
      try {
        return await work(this.#abort.signal);
      } catch (error) {
        const fields = { callSid, err: error, code: 'RECORDING_FAILED', attempt };
        if (attempt === 1 || attempt % 10 === 0) this.#log.warn(fields, says);
      } finally {
        this.#running--;
        this.#queue.shift()?.();
      }
      if (this.#isClosing) return undefined;
      await this.#pause(callSid, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
    }
    return undefined;
  }

  async #turn(): Promise<void> {
    while (this.#running >= MAX_AT_ONCE) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#running++;
  }

  #pause(callSid: string, pauseMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#pauses.delete(callSid);
        resolve();
      };
      const cancel = this.#clock.after(pauseMs, wake);
      this.#pauses.set(callSid, wake);
    });
  }
}
