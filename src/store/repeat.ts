import type { Clock } from '../clock.js';
import { BridgeError, messageOf } from '../errors.js';
import type { Logger } from '../log.js';

export interface Repetition {
  /** Resolves when the run that is under way, if any, is over. */
  stop(): Promise<void>;
}

/** Runs something again and again, `everyMs` after the last time was over. What it throws is logged, and told as such. */
export function repeat(options: {
  clock: Clock;
  log: Logger;
  everyMs: number;
  run: () => Promise<unknown>;
}): Repetition {
  const { clock, log, everyMs, run } = options;
  let isStopped = false;
  let isFailing = false;
  let running: Promise<void> = Promise.resolve();
  let cancel = (): void => undefined;

  const once = async (): Promise<void> => {
    try {
      await run();
      isFailing = false;
    } catch (error) {
      // That the store is away is told by whoever writes to it.
      const isAway = error instanceof BridgeError && error.code === 'STORE_UNAVAILABLE';
      if (!isAway) log.error({ err: error, code: 'INTERNAL' }, 'housekeeping of the store failed');
      else if (!isFailing) log.debug({ code: error.code, reason: messageOf(error) }, 'housekeeping of the store waits');
      isFailing = isAway;
    }
    next();
  };
  const next = () => {
    if (isStopped) return;
    cancel = clock.after(everyMs, () => {
      running = once();
    });
  };
  next();

  return {
    async stop() {
      isStopped = true;
      cancel();
      await running;
    },
  };
}
