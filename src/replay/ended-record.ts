import type { Clock } from '../clock.js';
import type { AdminClient } from './admin-client.js';
import { pauseUntil } from './moments.js';

/** How long the record of an ended call may take, in ms. */
export const AFTERMATH_LIMIT_MS = 4000;
const POLL_MS = 25;

/** What a bridge has on record of a call once it has ended there too; as it is when that takes too long. */
export async function endedRecord<Record extends { state: string }>(
  api: AdminClient,
  callSid: string,
  clock: Clock,
): Promise<Record | undefined> {
  const untilMs = clock.now() + AFTERMATH_LIMIT_MS;
  for (;;) {
    const record = await api.find<Record>(`/calls/${callSid}`);
    if (record?.state === 'ended' || clock.now() >= untilMs) return record;
    await pauseUntil(clock, clock.now() + POLL_MS, new AbortController().signal);
  }
}
