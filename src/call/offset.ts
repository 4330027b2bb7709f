import type { CallEvent } from './events.js';
import type { CallRecord } from './record.js';

/** How far what an instance tells of a call is off what is on record of it, when it began to tell without knowing that. */
export interface Offset {
  turns: number;
  streams: number;
  /** Of the times of the call. */
  ms: number;
}

/** `own`: as it was told by an instance that did not know what is `stored`. */
export function offsetOf(stored: CallRecord, own: CallRecord): Offset {
  const beganMs = ({ mediaStartedAt }: CallRecord) =>
    mediaStartedAt === null ? undefined : Date.parse(mediaStartedAt);
  const [storedMs, ownMs] = [beganMs(stored), beganMs(own)];
  return {
    turns: stored.turns.length,
    streams: stored.streams.length,
    ms: storedMs === undefined || ownMs === undefined ? 0 : ownMs - storedMs,
  };
}

/** The same as it would have been told by somebody who knew. */
export function moved(event: CallEvent, { turns, streams, ms }: Offset): CallEvent {
  const atMs = event.atMs + ms;
  switch (event.kind) {
    case 'turnChanged': {
      const { turn } = event;
      const times = { startMs: turn.startMs + ms, endMs: turn.endMs + ms };
      return { ...event, atMs, index: event.index + turns, turn: { ...turn, ...times } };
    }
    case 'toolChanged':
      return { ...event, atMs, toolCall: { ...event.toolCall, startMs: event.toolCall.startMs + ms } };
    case 'streamChanged': {
      const { stream } = event;
      const closedMs = stream.closedMs === null ? null : stream.closedMs + ms;
      return {
        ...{ ...event, atMs, index: event.index + streams },
        stream: { ...stream, openedMs: stream.openedMs + ms, closedMs },
      };
    }
    default:
      return { ...event, atMs };
  }
}
