import { createHash } from 'node:crypto';
import type { PhoneNumber } from './number.js';

/**
 * The version that serves this caller: the canary's for its share of callers, else the pinned one, else undefined for
 * the latest. The same caller gets the same as long as the canary stands. `caller` is a number, or what else is the caller's own.
 */
export function servingVersion(number: PhoneNumber, caller: string): number | undefined {
  const { canary } = number;
  if (canary && shareOf(`${number.number} ${canary.agentVersion} ${caller}`) < canary.percent) {
    return canary.agentVersion;
  }
  return number.agentVersion;
}

/** Evenly spread over 0 to 100 (not included). */
function shareOf(text: string): number {
  return (createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32) * 100;
}
