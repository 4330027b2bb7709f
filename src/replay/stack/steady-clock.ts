import { type Clock, realClock } from '../../clock.js';

/**
 * How far time may move while the process does not come to its timers, in ms of this clock. Far below what expectations allow
 * (40 ms gaps), and with ticks of 1 ms it bounds the speed to about nine times real time.
 */
export const LARGEST_STEP_MS = 10;

/** A clock that has to be stopped: it ticks until then. */
export interface SteadyClock extends Clock {
  readonly speed: number;
  /** Time that the process was kept from running and that did not pass here, in ms of the base clock. */
  readonly stalledMs: number;
  stop(): void;
}

interface Timer {
  atMs: number;
  action: () => void;
}

/**
 * A clock that stands still while the process does not run. Bridge, model and phone of the local stack live in one process on
 * one clock: on a busy machine a call then takes longer, but nobody in it is late, and the same fixture gives the same call.
 */
export function steadyClock({ speed = 1, base = realClock() }: { speed?: number; base?: Clock } = {}): SteadyClock {
  const tickMs = Math.max(1, Math.floor(LARGEST_STEP_MS / 4 / speed));
  const timers: Timer[] = [];
  let passedMs = base.now();
  let tickedAtMs = passedMs;
  let stalledMs = 0;
  let isStopped = false;
  let cancelTick = (): void => undefined;

  const now = () => passedMs + Math.min((base.now() - tickedAtMs) * speed, LARGEST_STEP_MS);

  const insert = (timer: Timer) => {
    let index = timers.length;
    while (index > 0 && timers[index - 1]!.atMs > timer.atMs) index--;
    timers.splice(index, 0, timer);
  };

  const tick = () => {
    const baseMs = base.now();
    const wantedMs = (baseMs - tickedAtMs) * speed;
    stalledMs += Math.max(0, wantedMs - LARGEST_STEP_MS) / speed;
    passedMs += Math.min(wantedMs, LARGEST_STEP_MS);
    tickedAtMs = baseMs;
    // Set before anything that may throw: one action's failure must not stop time for everyone.
    cancelTick = base.after(tickMs, tick);
    const untilMs = passedMs;
    for (let timer = timers[0]; timer && timer.atMs <= untilMs && !isStopped; timer = timers[0]) {
      timers.shift();
      timer.action();
    }
  };
  cancelTick = base.after(tickMs, tick);

  return {
    speed,
    now,
    get stalledMs() {
      return stalledMs;
    },
    after(delayMs, action) {
      const timer = { atMs: now() + Math.max(0, delayMs), action };
      insert(timer);
      return () => {
        const index = timers.indexOf(timer);
        if (index >= 0) timers.splice(index, 1);
      };
    },
    stop() {
      isStopped = true;
      cancelTick();
    },
  };
}
