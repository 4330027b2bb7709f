import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';

export interface Budget<Result> {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly name: string;
  /** What there is of the result when the time is over; undefined: nothing. */
  readonly partial: () => Result | undefined;
}

/**
 * Runs with a signal that aborts when the time is over or nobody waits any more, and comes back at that moment,
 * whether the work stops or not. TOOL_TIMEOUT or TOOL_FAILED, which is also the signal's reason; the partial result where there
 * is one when the time is over.
 */
export function withinBudget<Result>(
  { clock, timeoutMs, signal, name, partial }: Budget<Result>,
  work: (limit: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (signal.aborted) return Promise.reject(nobodyWaits());
  const budget = new AbortController();
  return new Promise<Result>((resolve, reject) => {
    const release = () => {
      cancel();
      signal.removeEventListener('abort', onAbort);
    };
    const giveUp = (error: BridgeError) => {
      release();
      reject(error);
      budget.abort(error);
    };
    const cancel = clock.after(timeoutMs, () => {
      const result = partial();
      if (result === undefined) return giveUp(tookTooLong(name, timeoutMs));
      release();
      resolve(result);
      // Who answers, if slowly, is alive.
      budget.abort(nobodyWaits());
    });
    const onAbort = () => giveUp(nobodyWaits());
    signal.addEventListener('abort', onAbort, { once: true });
    work(budget.signal).finally(release).then(resolve, reject);
  });
}

function tookTooLong(name: string, timeoutMs: number): BridgeError {
  const details = { name, timeoutMs };
  return new BridgeError('TOOL_TIMEOUT', `${name} gave no answer within ${timeoutMs / 1000} seconds`, details);
}

function nobodyWaits(): BridgeError {
  return new BridgeError('TOOL_FAILED', 'nobody waits for this any more', { reason: 'aborted' });
}
