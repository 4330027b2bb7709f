import { isFinalStatus } from './carrier.js';
import { DIAL_LIMIT_MS } from './places.js';
import type { CallRecord } from './record.js';

/**
 * A call that has ended may come back: its line was cut and is connected again, or nobody answered whom it was put
 * through to. After this long without, in ms, it does not.
 */
export const COMES_BACK_WITHIN_MS = 60_000;

/** Whether nothing more is to be known of a call that has ended: the carrier is done with it, and its recording is kept. */
export function isComplete({ state, test, carrierStatus, recording }: CallRecord): boolean {
  return state === 'ended' && (test || isFinalStatus(carrierStatus ?? '')) && recording?.state !== 'recording';
}

/**
 * After how long nothing more is waited for of a call that has ended and is not complete, in ms: it does not come back any
 * more. One that was put through to a person goes on until the carrier says that the dial is over, which it says once.
 */
export function waitedForMs({ transferredTo }: Pick<CallRecord, 'transferredTo'>): number {
  return transferredTo === null ? COMES_BACK_WITHIN_MS : DIAL_LIMIT_MS + COMES_BACK_WITHIN_MS;
}
