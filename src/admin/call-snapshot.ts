import type { CallFeed, CallStore } from '../call/call-store.js';
import type { CallRecord } from '../call/record.js';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';

/** How often a reading is tried again that events came in between of. */
const ATTEMPTS = 10;
/** A call that this instance has just heard of is kept within some 50 ms. */
const FIRST_ROW_ATTEMPTS = 20;
const FIRST_ROW_WAIT_MS = 100;

interface Snapshot<Data> {
  /** Newest event that is in it: later ones are not. */
  id: number;
  data: Data;
}

/** All that is on record of a call, and the newest event of it that is in there. */
export async function callSnapshot(
  callSid: string,
  options: { calls: CallStore; feed: CallFeed; clock: Clock },
): Promise<Snapshot<CallRecord>> {
  const { calls, feed, clock } = options;
  for (let attempt = 0; attempt < FIRST_ROW_ATTEMPTS; attempt++) {
    const { id, data } = await quietReading(feed, callSid, () => calls.find(callSid));
    if (data) return { id, data };
    await new Promise<void>((resolve) => {
      clock.after(FIRST_ROW_WAIT_MS, resolve);
    });
  }
  throw new BridgeError('STORE_UNAVAILABLE', 'What is on record of this call cannot be read yet.');
}

/**
 * A reading that no event fell into. Events are committed together with what they changed and in the order of their ids,
 * so what was read has in it exactly the events up to the id read before, when there is none after it. When it never is
 * that quiet, the last reading may have in it a little of what is told again.
 */
async function quietReading<Data>(feed: CallFeed, callSid: string, read: () => Promise<Data>): Promise<Snapshot<Data>> {
  for (let attempt = 1; ; attempt++) {
    const id = await feed.latestId();
    const data = await read();
    if (attempt === ATTEMPTS || (await feed.since(id, { callSid, limit: 1 })).length === 0) return { id, data };
  }
}
