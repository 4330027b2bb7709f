import type { Clock } from '../clock.js';
import { pause } from '../clock.js';
import { isRetryable } from './failure.js';

/** Before the second attempt, in ms: enough for a moment of too many requests to pass. */
const RETRY_PAUSE_MS = 150;

/**
 * Runs once, and once more when that is harmless and may help: the failure says that it may pass, and at least half of
 * the time is left.
 */
export async function attempts<Result>(
  { clock, timeoutMs, isReadOnly, limit }: { clock: Clock; timeoutMs: number; isReadOnly: boolean; limit: AbortSignal },
  run: () => Promise<Result>,
): Promise<Result> {
  const startMs = clock.now();
  try {
    return await run();
  } catch (error) {
    const leftMs = timeoutMs - (clock.now() - startMs);
    if (!isReadOnly || !isRetryable(error) || leftMs < timeoutMs / 2 || limit.aborted) throw error;
    await pause(clock, RETRY_PAUSE_MS, limit);
    if (limit.aborted) throw error;
    return run();
  }
}
