import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import type { Logger } from '../log.js';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;

interface Waiting {
  what: string;
  write: () => Promise<unknown>;
  delayMs: number;
  cancel: () => void;
}

/** Writes that must not fail what has been done already. */
export interface UntilKept {
  /**
   * Writes this, and again while the store is away, until it is kept: `write` must bear being repeated. Resolves when it is
   * kept, or waits for its next attempt; never rejects. `what` it is stands in the log, without persons.
   */
  keep(what: string, write: () => Promise<unknown>): Promise<void>;
  /** Tries once more what waits, for at most `limitMs`. */
  close(limitMs: number): Promise<void>;
}

export function untilKept(options: { clock: Clock; log: Logger }): UntilKept {
  const { clock, log } = options;
  const waiting = new Set<Waiting>();
  let isClosed = false;

  const attempt = async (each: Waiting): Promise<void> => {
    try {
      await each.write();
      waiting.delete(each);
    } catch (error) {
      const { code = 'INTERNAL', name } = error as { code?: string; name?: string };
      if (!(error instanceof BridgeError && error.code === 'STORE_UNAVAILABLE')) {
        waiting.delete(each);
        // The words of the error hold what was to be written.
        log.error({ code: 'INTERNAL', reason: `${name} ${code}`, what: each.what }, 'cannot be kept');
        return;
      }
      if (isClosed) return;
      if (each.delayMs === FIRST_RETRY_MS) log.warn({ code, what: each.what }, 'is kept when the store is back');
      each.cancel = clock.after(each.delayMs, () => void attempt(each));
      each.delayMs = Math.min(each.delayMs * 2, LAST_RETRY_MS);
    }
  };

  return {
    keep(what, write) {
      const each: Waiting = { what, write, delayMs: FIRST_RETRY_MS, cancel: () => undefined };
      waiting.add(each);
      return attempt(each);
    },

    async close(limitMs) {
      if (isClosed) return;
      isClosed = true;
      let cancelLimit = (): void => undefined;
      const limit = new Promise<void>((resolve) => {
        cancelLimit = clock.after(limitMs, resolve);
      });
      const last = [...waiting].map((each) => {
        each.cancel();
        return attempt(each);
      });
      await Promise.race([Promise.all(last), limit]);
      cancelLimit();
      for (const { what } of waiting)
        log.error({ code: 'STORE_UNAVAILABLE', what }, 'could not be kept before the end');
    },
  };
}
