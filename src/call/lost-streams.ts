import type { CallFact } from './events.js';
import type { StreamRecord } from './record.js';

/** Why a model stream is closed on record when the instance that had it is gone, or does not answer. */
const INSTANCE_LOST = 'instance-lost';

/** Closes the model streams that nobody can close any more, at the last moment of the call that something is known of. */
export function lostStreams(
  streams: readonly StreamRecord[],
  lastMs: number,
): Extract<CallFact, { kind: 'streamChanged' }>[] {
  return streams.flatMap((stream, index) => {
    if (stream.closed !== null) return [];
    const closedMs = Math.max(stream.openedMs, Math.round(lastMs));
    return [{ kind: 'streamChanged', index, stream: { ...stream, closedMs, closed: INSTANCE_LOST } }];
  });
}
