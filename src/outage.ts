import type { Clock } from './clock.js';
import type { ErrorCode } from './errors.js';
import type { Logger } from './log.js';

/**
 * Something that calls can do without is away: the operator is told once when that begins and once when it is over, however
 * much fails meanwhile. Several may use it: it is over when what failed of each has worked again.
 */
export interface Outage {
  readonly isAway: boolean;
  /** It failed `who`, a name of one of those that use it. */
  failed(who: string, error: unknown, fields?: Readonly<Record<string, unknown>>): void;
  worked(who: string): void;
  /** This one uses it no more: the next one for which it works ends the outage. */
  left(who: string): void;
}

export interface OutageOptions {
  clock: Clock;
  log: Logger;
  code: ErrorCode;
  /** The two lines in the log. */
  begins: string;
  ends: string;
  /** What else is told when it is over; asked then. */
  tally?: () => Readonly<Record<string, unknown>>;
}

export function createOutage({ clock, log, code, begins, ends, tally = () => ({}) }: OutageOptions): Outage {
  const failing = new Set<string>();
  let sinceMs: number | undefined;
  return {
    get isAway() {
      return sinceMs !== undefined;
    },
    failed(who, error, fields) {
      failing.add(who);
      if (sinceMs !== undefined) return;
      sinceMs = clock.now();
      log.error({ ...fields, code, reason: reasonOf(error) }, begins);
    },
    worked(who) {
      failing.delete(who);
      if (sinceMs === undefined || failing.size > 0) return;
      const awayMs = Math.round(clock.now() - sinceMs);
      sinceMs = undefined;
      log.info({ awayMs, ...tally() }, ends);
    },
    left(who) {
      failing.delete(who);
    },
  };
}

/** The innermost code there is, which holds nothing of what was to be kept; the name of the error when there is none. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.cause instanceof Error) return reasonOf(error.cause);
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}
