/** The one way to time. Passed in, so that a call can run on a fake clock or faster than real time. */
export interface Clock {
  /** Milliseconds since the epoch; never goes back within a process. May have a fraction. */
  now(): number;
  /** Runs `action` once after `delayMs`; returns what cancels it (safe to call twice, or after it ran). */
  after(delayMs: number, action: () => void): () => void;
}

/** Wall time at start plus the monotonic time since, so that a clock correction never reaches a call. */
export function realClock(): Clock {
  const startMs = Date.now() - performance.now();
  return {
    now: () => startMs + performance.now(),
    after(delayMs, action) {
      const timer = setTimeout(action, Math.max(0, delayMs));
      return () => clearTimeout(timer);
    },
  };
}

/** Waits, or stops waiting when the signal aborts; never rejects. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** A clock that runs `speed` times as fast as `clock`; everything timed by it shrinks alike. */
export function scaledClock(speed: number, clock: Clock = realClock()): Clock {
  const startMs = clock.now();
  return {
    now: () => startMs + (clock.now() - startMs) * speed,
    after: (delayMs, action) => clock.after(delayMs / speed, action),
  };
}

/** A clock that stands still until `advance` is called; timers fire in order of their time. For tests and virtual calls. */
export class FakeClock implements Clock {
  #nowMs: number;
  #nextId = 0;
  readonly #timers = new Map<number, { atMs: number; action: () => void }>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): () => void {
    const id = this.#nextId++;
    this.#timers.set(id, { atMs: this.#nowMs + Math.max(0, delayMs), action });
    return () => {
      this.#timers.delete(id);
    };
  }

  /** Timers not yet fired or cancelled: zero when everything was released. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Moves time on by `ms`, firing every timer that falls due on the way, also those set meanwhile. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      let dueId = -1;
      let dueMs = Number.POSITIVE_INFINITY;
      for (const [id, timer] of this.#timers) {
        if (timer.atMs <= endMs && timer.atMs < dueMs) {
          dueId = id;
          dueMs = timer.atMs;
        }
      }
      if (dueId < 0) break;
      const { action } = this.#timers.get(dueId)!;
      this.#timers.delete(dueId);
      this.#nowMs = Math.max(this.#nowMs, dueMs);
      action();
    }
    this.#nowMs = endMs;
  }
}
