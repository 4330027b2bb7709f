import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import type { Asked } from './elsewhere.js';

/** How often it is tried again to find out whose calls these are, in ms. */
const TRY_EVERY_MS = 1000;
/** The newest so many are kept: some minutes of a busy bridge. */
const MOST_REPORTS = 2000;
/** A call of which the store knows nothing may still be on its way there, from an instance that catches up. */
const MOST_VAIN_TRIES = 15;

/** `nobody`: the store knows of no such call. `unknown`: it cannot be asked. */
export type Fate = 'taken' | 'nobody' | 'unknown';

interface Kept {
  readonly report: Asked;
  vainTries: number;
}

/**
 * What the carrier has reported of calls of which nobody can say whose they are while the store is away: kept until it can be
 * passed on to the instance that carries the call. The carrier itself reports once.
 */
export function keptReports(options: { take: (report: Asked) => Promise<Fate>; clock: Clock; log: Logger }) {
  const { take, clock, log } = options;
  let waiting: Kept[] = [];
  let isTrying = false;
  let isClosed = false;
  let cancel: () => void = () => undefined;

  const tryLater = () => {
    cancel();
    if (!isClosed && waiting.length > 0) cancel = clock.after(TRY_EVERY_MS, () => void tryAgain());
  };

  /** In order; while the store is away the first one stands for all. */
  const tryAgain = async () => {
    isTrying = true;
    const left: Kept[] = [];
    for (let kept = waiting.shift(); kept; kept = waiting.shift()) {
      const fate = await fateOf(kept.report);
      if (fate === 'nobody') kept.vainTries++;
      if (fate === 'unknown' || (fate === 'nobody' && kept.vainTries < MOST_VAIN_TRIES)) left.push(kept);
      if (fate === 'unknown') break;
    }
    waiting = [...left, ...waiting];
    isTrying = false;
    tryLater();
  };

  const fateOf = (report: Asked): Promise<Fate> =>
    take(report).catch((error: unknown) => {
      log.warn({ code: 'STORE_UNAVAILABLE', reason: messageOf(error) }, 'a report of the carrier waits');
      return 'unknown';
    });

  return {
    keep(report: Asked): void {
      // Whoever gets it from here gets it from nobody else.
      waiting.push({ report: { ...report, passes: 0 }, vainTries: 0 });
      if (waiting.length > MOST_REPORTS) waiting.shift();
      if (!isTrying) tryLater();
    },

    close(): void {
      isClosed = true;
      cancel();
      waiting = [];
    },
  };
}
