import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { createOutage, type Outage } from '../outage.js';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 5 * 60_000;
const MAX_AT_ONCE = 4;
export type Work<Result> = (signal: AbortSignal) => Promise<Result>;

/** Work on recordings that is repeated until it succeeds: in order for one call, a few calls at once. */
export class Deliveries {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #outage: Outage;
  readonly #abort = new AbortController();
  readonly #tails = new Map<string, Promise<unknown>>();
  /** Those that pause, and what wakes them. */
  readonly #pauses = new Map<string, () => void>();
  readonly #queue: (() => void)[] = [];
  #running = 0;
  /** Since it worked last. */
  #hasFailed = false;
  #isClosing = false;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
    this.#outage = createOutage({
      ...{ clock, log, code: 'RECORDING_FAILED' },
      begins: 'recordings cannot be brought to where they are kept, or removed there: they wait on the local disk',
      ends: 'recordings are brought to where they are kept again',
      tally: () => ({ waiting: this.#tails.size }),
    });
  }

  get isAway(): boolean {
    return this.#outage.isAway;
  }

  /**
   * Resolves with what came of it, undefined when it was not done by the end of the process. Never rejects; `says` is
   * logged when it is not done at once, at debug: the operator is told of all together.
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
        const result = await work(this.#abort.signal);
        this.#worked(callSid);
        return result;
      } catch (error) {
        this.#log.debug({ callSid, err: error, code: 'RECORDING_FAILED', attempt }, says);
        this.#outage.failed(callSid, error, { callSid });
        this.#hasFailed = true;
      } finally {
        this.#running--;
        this.#queue.shift()?.();
      }
      if (this.#isClosing) return undefined;
      await this.#pause(callSid, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
    }
    return undefined;
  }

  /** What waits because of a failure is tried now, and not when its pause is over. */
  #worked(callSid: string): void {
    this.#outage.worked(callSid);
    if (!this.#hasFailed) return;
    this.#hasFailed = false;
    for (const wake of [...this.#pauses.values()]) wake();
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
