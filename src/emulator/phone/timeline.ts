import type { Clock } from '../../clock.js';
import { MULAW_BYTES_PER_MS } from './mulaw.js';
import { Track } from './track.js';

/** A call's own time, ms: zero is the media start of its first stream (until then, the moment the call began). */
export class Timeline {
  /** What reached the caller's ear. */
  readonly heard = new Track();
  /** What the caller's mouth gave. */
  readonly said = new Track();
  readonly #clock: Clock;
  #zeroMs: number;
  #hasBegun = false;
  #endedMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#zeroMs = clock.now();
  }

  /** Media starts: returns this moment's call time. Only the first time moves zero. */
  begin(): number {
    if (this.#hasBegun) return this.nowMs;
    this.#hasBegun = true;
    this.#zeroMs = this.#clock.now();
    return 0;
  }

  /** Time stands still from now on. */
  end(): void {
    this.#endedMs ??= this.nowMs;
  }

  get nowMs(): number {
    return this.#endedMs ?? this.at(this.#clock.now());
  }

  /** Call time of a clock time. */
  at(clockMs: number): number {
    return clockMs - this.#zeroMs;
  }

  /** Clock time of a call time. */
  clockAt(callMs: number): number {
    return callMs + this.#zeroMs;
  }

  /** Whole bytes of audio from media start to now; 0 before it. */
  get lengthBytes(): number {
    return this.#hasBegun ? Math.max(0, Math.floor(this.nowMs * MULAW_BYTES_PER_MS)) : 0;
  }
}

/** Resolves after `forMs` on the clock, never before, or as soon as the signal aborts. */
export function waitOn(clock: Clock, forMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || forMs <= 0) return Promise.resolve();
  const dueMs = clock.now() + forMs;
  return new Promise((resolve) => {
    const finish = () => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    // Node's timers may fire a fraction of a millisecond early, which a scaled clock makes several.
    const wake = () => {
      if (clock.now() >= dueMs) finish();
      else cancel = clock.after(dueMs - clock.now(), wake);
    };
    let cancel = clock.after(forMs, wake);
    signal.addEventListener('abort', finish, { once: true });
  });
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** Resolves when the promise has settled, when the time is over, or when the signal aborts. */
export async function waitFor(
  settled: Promise<unknown>,
  clock: Clock,
  limitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const end = () => over.abort();
  settled.then(end, end);
  await waitOn(clock, limitMs, AbortSignal.any([signal, over.signal]));
}
