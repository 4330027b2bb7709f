import { isFinalStatus } from './carrier.js';
import type { Entry } from './entry.js';
import type { CallRecord, Return } from './record.js';
import type { AfterStream } from './state.js';

/** What an instance goes on with that takes up the call of another one. */
export type CarriedOver = Pick<
  Entry,
  | 'next'
  | 'isFinished'
  | 'isRinging'
  | 'isHandedOver'
  | 'lastedMs'
  | 'returned'
  | 'reconnectionTimesMs'
  | 'handOverTimesMs'
> & {
  /** Since when the carrier has been dialling a person, or lets the caller speak to one (epoch); undefined when it is not. */
  dialSinceMs: number | undefined;
};

/** All of it is read from the record: nothing else outlives an instance. */
export function carriedOver(record: CallRecord): CarriedOver {
  const { state, carrierStatus, reconnections, transferredTo, endedAt } = record;
  const isFinished = isFinalStatus(carrierStatus ?? '');
  const timesMs = (of: Return) => reconnections.filter(({ why }) => why === of).map(({ at }) => Date.parse(at));
  return {
    next: decisionOf(record),
    isFinished,
    isRinging: state !== 'ended',
    isHandedOver: wasHandedOver(record),
    lastedMs: lastKnownMs(record),
    returned: wasHandedOver(record) ? 'handed-over' : reconnections.at(-1)?.why,
    reconnectionTimesMs: timesMs('line-interrupted'),
    handOverTimesMs: timesMs('handed-over'),
    dialSinceMs: transferredTo !== null && endedAt !== null && !isFinished ? Date.parse(endedAt) : undefined,
  };
}

/** Whether an instance has given the call away, and no other has gone on with it. */
function wasHandedOver({ state, streams }: CallRecord): boolean {
  return state === 'live' && streams.at(-1)?.closed === 'handed-over';
}

/** What was to come after the media stream, by the reason for which the call ended; undefined: nobody has decided. */
function decisionOf({ state, endReason, transferredTo }: CallRecord): AfterStream | undefined {
  if (state !== 'ended') return undefined;
  switch (endReason) {
    case 'agent-hung-up':
    case 'operator-hung-up':
    case 'silence':
    case 'max-duration':
    case 'rejected':
      return { kind: 'hang-up' };
    case 'transferred':
      return transferredTo === null ? undefined : { kind: 'dial', to: transferredTo, warm: true };
    case 'fallback':
      return { kind: 'fallback' };
    case 'caller-hung-up':
    case 'failed':
    case null:
      return undefined;
  }
}

/** The last moment of the call that something is known of, in ms. */
export function lastKnownMs({ durationMs, turns, toolCalls, streams }: CallRecord): number {
  if (durationMs !== null) return durationMs;
  const ends = [...turns.map(({ endMs }) => endMs), ...toolCalls.map((call) => call.startMs + call.durationMs)];
  return Math.max(0, ...ends, ...streams.map(({ closedMs }) => closedMs ?? 0));
}
