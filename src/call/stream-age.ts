import { createHash } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { Urgency } from './renewal.js';
import { Timers } from './timers.js';

type Reached = Exclude<Urgency, 'none'>;

/** From which part of its longest life on a stream is due to be replaced, and the time left, in ms, at the later steps. */
const DUE_PART = 0.75;
/** By how much earlier some calls do it, as a part of that life and of what credentials last: many that began together would need too many streams at once. */
const SPREAD_PART = 0.1;
const CREDENTIALS_SPREAD_MS = 60_000;
const FORCED_LEFT_MS = 40_000;
const OVERDUE_LEFT_MS = 15_000;
/** For which part of the time that an overdue stream has left there may be something worth waiting for. */
const WAIT_PART = 2 / 3;
/** The same as parts of a short life. */
const FORCED_PART = 0.88;
const OVERDUE_PART = 0.95;
/** How long before its credentials expire, in ms. */
const CREDENTIALS_LEFT_MS: Readonly<Record<Reached, number>> = { due: 180_000, forced: 60_000, overdue: 20_000 };
/** Credentials that last no longer than this are what there is: a new stream would not get better ones. In ms. */
const SHORTEST_LIFE_MS = 60_000;

/** Where a call lies among others, from 0 to 1: the same for the same call, and evenly over many. */
export function spreadOf(callSid: string): number {
  return createHash('sha256').update(callSid).digest().readUInt32BE() / 0xffffffff;
}

/**
 * How old a stream of that longest life is when it is to be replaced, in ms, with more and more urgency. `spread`: from 0 to 1,
 * the earlier the more.
 */
export function agesOf(sessionLimitMs: number, spread = 0): Readonly<Record<Reached, number>> {
  return {
    due: sessionLimitMs * (DUE_PART - SPREAD_PART * spread),
    forced: Math.max(sessionLimitMs * FORCED_PART, sessionLimitMs - FORCED_LEFT_MS),
    overdue: Math.max(sessionLimitMs * OVERDUE_PART, sessionLimitMs - OVERDUE_LEFT_MS),
  };
}

export interface StreamAgeOptions {
  clock: Clock;
  sessionLimitMs: number;
  /** Of the call, as `spreadOf` has it. */
  spread: number;
  reached: (urgency: Reached) => void;
}

/** Tells when the serving stream of a call is to be replaced: its limit comes, or that of its credentials. */
export class StreamAge {
  readonly #options: StreamAgeOptions;
  readonly #timers: Timers<Reached>;
  /** Until when an overdue stream may be kept, by the clock. */
  #lastMs = Number.POSITIVE_INFINITY;

  constructor(options: StreamAgeOptions) {
    this.#options = options;
    this.#timers = new Timers((ms, action) => options.clock.after(ms, action));
  }

  /** A stream serves that was opened then. Again: more is known of it. */
  begin(openedAtMs: number, credentialsExpireAtMs = Number.POSITIVE_INFINITY): void {
    const { clock, sessionLimitMs, spread, reached } = this.#options;
    const ages = agesOf(sessionLimitMs, spread);
    const leftMs = { ...CREDENTIALS_LEFT_MS, due: CREDENTIALS_LEFT_MS.due + CREDENTIALS_SPREAD_MS * spread };
    const lastByLimitMs = openedAtMs + ages.overdue + (sessionLimitMs - ages.overdue) * WAIT_PART;
    this.#lastMs = Math.min(lastByLimitMs, credentialsExpireAtMs - leftMs.overdue * (1 - WAIT_PART));
    for (const urgency of ['due', 'forced', 'overdue'] as const) {
      const byLimitMs = openedAtMs + ages[urgency];
      const byCredentialsMs = Math.max(
        openedAtMs + Math.min(SHORTEST_LIFE_MS, ages[urgency]),
        credentialsExpireAtMs - leftMs[urgency],
      );
      this.#timers.set(urgency, Math.max(0, Math.min(byLimitMs, byCredentialsMs) - clock.now()), () =>
        reached(urgency),
      );
    }
  }

  /** Whether there is no time to wait for anything any more. */
  get isLast(): boolean {
    return this.#options.clock.now() >= this.#lastMs;
  }

  end(): void {
    this.#timers.cancelAll();
  }
}
