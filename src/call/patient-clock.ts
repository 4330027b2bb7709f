import type { Clock } from '../clock.js';

/** A timer that comes later than this was kept from it: the process, or the whole machine, stood still. In ms. */
export const STOOD_STILL_MS = 150;
/** How long what came meanwhile may take to be read from all sockets, in ms. */
export const CATCH_UP_MS = 50;

/**
 * A clock whose late timers let first be taken what waits in the sockets. After a standstill an event loop runs all timers
 * that are due before it reads anything: decided then, answers that have come count as missing, and audio as not there.
 * Timers that are set for less than a standstill run as they come: sound is paced by them.
 */
export function patientClock(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    after(delayMs, action) {
      if (delayMs < STOOD_STILL_MS) return clock.after(delayMs, action);
      let cancel: () => void;
      const wait = (ms: number) => {
        const dueMs = clock.now() + ms;
        cancel = clock.after(ms, () => {
          if (clock.now() - dueMs < STOOD_STILL_MS) action();
          else wait(CATCH_UP_MS);
        });
      };
      wait(delayMs);
      return () => cancel();
    },
  };
}
