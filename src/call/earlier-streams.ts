import type { AgentVersion } from '../directory/agent.js';
import { lastKnownMs } from './carried-over.js';
import type { CallRecord, Return } from './record.js';
import { openSecretMs } from './secret-span.js';
import type { EarlierStreams } from './tape.js';

/** What a new media stream goes on with of a call that comes back after `elapsedMs`, and why it does. */
export function earlierStreams(
  record: CallRecord,
  { agent, elapsedMs, why }: { agent: AgentVersion; elapsedMs: number; why: Return },
): EarlierStreams {
  // Who was not put through heard it ring meanwhile.
  const silentMs = why === 'nobody-answered' ? 0 : Math.max(0, elapsedMs - Math.round(lastKnownMs(record)));
  return {
    turns: record.turns,
    streamCount: record.streams.length,
    elapsedMs,
    secretMs: openSecretMs(record, agent, elapsedMs),
    silentMs,
  };
}
