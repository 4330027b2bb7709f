import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import type { Logger } from '../log.js';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;
/** Beyond this, the oldest are given up: some tens of megabytes. */
const MOST_WAITING = 10_000;
/** Of those that are lost at the end. */
const MOST_NAMED = 20;

interface Waiting {
  /** In the order in which they came. */
  number: number;
  what: string;
  write: () => Promise<unknown>;
}

/** Writes that must not fail what has been done already. */
export interface UntilKept {
  /**
   * Writes this, and again while the store is away, until it is kept: `write` must bear being repeated. Resolves when it is
   * kept, or waits for its turn behind what waits already; never rejects. `what` it is stands in the log, without persons.
   */
  keep(what: string, write: () => Promise<unknown>): Promise<void>;
  readonly waitingCount: number;
  /** That were given up because too much waited. */
  readonly givenUp: number;
  /** Tries once more what waits, for at most `limitMs`. */
  close(limitMs: number): Promise<void>;
}

export function untilKept(options: {
  clock: Clock;
  log: Logger;
  /** Whether the database was reached, and what stood in the way; told after each attempt. */
  reached?: (isUp: boolean, error?: unknown) => void;
  mostWaiting?: number;
}): UntilKept {
  const { clock, log, reached, mostWaiting = MOST_WAITING } = options;
  /** In their order; written one by one, and the first one says whether the store is back. */
  const waiting: Waiting[] = [];
  /** First attempts that are under way: they wait for nobody. */
  const first = new Map<Waiting, Promise<void>>();
  let delayMs = FIRST_RETRY_MS;
  let count = 0;
  let givenUp = 0;
  let isWorking = false;
  let working: Promise<void> = Promise.resolve();
  let isClosed = false;
  let cancelRetry: (() => void) | undefined;

  /** False when it has to be tried again. */
  const attempt = async ({ what, write }: Waiting): Promise<boolean> => {
    try {
      await write();
      reached?.(true);
    } catch (error) {
      if (error instanceof BridgeError && error.code === 'STORE_UNAVAILABLE') {
        reached?.(false, error);
        return false;
      }
      // The words of the error hold what was to be written.
      const { code = 'INTERNAL', name } = error as { code?: string; name?: string };
      log.error({ code: 'INTERNAL', reason: `${name} ${code}`, what }, 'cannot be kept');
    }
    return true;
  };

  const wait = (each: Waiting) => {
    // First attempts may fail in another order. What is at work now keeps its place.
    let place = waiting.length;
    while (place > (isWorking ? 1 : 0) && waiting[place - 1]!.number > each.number) place--;
    waiting.splice(place, 0, each);
    if (waiting.length > mostWaiting) {
      // What is at work now is the oldest one; it may be kept.
      waiting.splice(isWorking ? 1 : 0, 1);
      if (givenUp++ === 0) log.error({ code: 'STORE_UNAVAILABLE', mostWaiting }, 'too much waits for the store');
    }
    retry();
  };

  const retry = () => {
    if (isWorking || isClosed) return;
    cancelRetry ??= clock.after(delayMs, () => {
      cancelRetry = undefined;
      delayMs = Math.min(delayMs * 2, LAST_RETRY_MS);
      working = work();
    });
  };

  const work = async (): Promise<void> => {
    isWorking = true;
    while (waiting.length > 0 && (await attempt(waiting[0]!))) waiting.shift();
    isWorking = false;
    if (waiting.length > 0) retry();
    else delayMs = FIRST_RETRY_MS;
  };

  return {
    keep(what, write) {
      const each = { number: ++count, what, write };
      if (waiting.length > 0 && !isClosed) {
        wait(each);
        return Promise.resolve();
      }
      const done = attempt(each).then((isKept) => {
        // Otherwise it was given up at the end.
        if (first.delete(each) && !isKept) wait(each);
      });
      first.set(each, done);
      return done;
    },

    get waitingCount() {
      return waiting.length + first.size;
    },

    get givenUp() {
      return givenUp;
    },

    async close(limitMs) {
      if (isClosed) return;
      isClosed = true;
      cancelRetry?.();
      let cancelLimit = (): void => undefined;
      const limit = new Promise<void>((resolve) => {
        cancelLimit = clock.after(limitMs, resolve);
      });
      const last = async () => {
        await Promise.all([...first.values(), working]);
        await work();
      };
      await Promise.race([last(), limit]);
      cancelLimit();
      const lost = [...waiting, ...first.keys()].map(({ what }) => what);
      waiting.length = 0;
      first.clear();
      if (lost.length === 0) return;
      const fields = { code: 'STORE_UNAVAILABLE', count: lost.length, what: lost.slice(0, MOST_NAMED) };
      log.error(fields, 'could not be kept before the end');
    },
  };
}
