import type { Clock } from '../clock.js';

const TICK_MS = 20;
/** A tick that comes so much later was kept from running, in ms: less is how timers are. */
const LATE_MS = 10;
/** From here on callers and models of this process were kept from doing their part, in ms. */
const DISTURBED_MS = 400;

/** A stretch in which a process did not run, ms of the clock. */
export interface Stall {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Watches how late this process comes to what it has to do: then callers and models are late, and not the bridge. */
export class Lateness {
  /** Every time that it was late, by however little. */
  readonly all: Stall[] = [];
  readonly stop: () => void;

  constructor(clock: Clock) {
    this.stop = tick(clock, (stall) => {
      if (lengthOf(stall) > TICK_MS + LATE_MS) this.all.push(stall);
    });
  }

  /** The long ones. */
  get stalls(): readonly Stall[] {
    return this.all.filter((stall) => lengthOf(stall) > TICK_MS + DISTURBED_MS);
  }
}

/**
 * Tells when this process was given no processor, as `cpuMs` shows (what it has used of one so far): what it is late with for
 * work of its own does not count. The answer stops it.
 */
export function watchStarvation(clock: Clock, cpuMs: () => number, told: (stall: Stall) => void): () => void {
  let usedMs = cpuMs();
  return tick(clock, ({ fromMs, toMs }) => {
    const ownMs = cpuMs() - usedMs;
    usedMs += ownMs;
    const starvedMs = toMs - fromMs - TICK_MS - ownMs;
    if (starvedMs > LATE_MS) told({ fromMs: toMs - starvedMs, toMs });
  });
}

/** How much of the time between was stalled, in ms; what several processes stood still at once counts once. */
export function stalledWithin(stalls: readonly Stall[], fromMs: number, toMs: number): number {
  let countedToMs = fromMs;
  let sumMs = 0;
  for (const stall of [...stalls].sort((a, b) => a.fromMs - b.fromMs)) {
    const untilMs = Math.min(stall.toMs, toMs);
    sumMs += Math.max(0, untilMs - Math.max(stall.fromMs, countedToMs));
    countedToMs = Math.max(countedToMs, untilMs);
  }
  return sumMs;
}

function tick(clock: Clock, passed: (stretch: Stall) => void): () => void {
  let fromMs = clock.now();
  let cancel: () => void;
  const next = () => {
    const toMs = clock.now();
    passed({ fromMs, toMs });
    fromMs = toMs;
    cancel = clock.after(TICK_MS, next);
  };
  cancel = clock.after(TICK_MS, next);
  return () => cancel();
}

function lengthOf({ fromMs, toMs }: Stall): number {
  return toMs - fromMs;
}
