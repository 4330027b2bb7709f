import type { CallFeed, StoredEvent } from '../call/call-store.js';
import type { CallEvent } from '../call/events.js';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import type { Logger } from '../log.js';
import { findUnstorable } from '../storable.js';
import type { Database, Query } from './database.js';
import { EVENTS_CHANNEL } from './write-calls.js';

/** In case a notification gets lost, in ms. */
const POLL_MS = 1000;
/** The newest id of all that were given out; null when there is none. */
export const LATEST_EVENT = 'greatest((SELECT max(id) FROM call_events), (SELECT up_to FROM forgotten_events))';

const READ_AT_ONCE = 1000;

/** From the first subscriber to the last one. */
interface Subscription {
  /** The newest event that was told; undefined until the database has said where to begin. */
  position: number | undefined;
  /** Resolves when that is known, or was not to be had. */
  readonly begun: Promise<void>;
}

interface EventRow {
  id: string;
  at: Date;
  event: CallEvent;
}

/** Facts of all calls out of the database: told by notification, read on from the last one, fanned out in order. */
export function storedFeed(options: { database: Database; clock: Clock; log: Logger }): CallFeed & { close(): void } {
  const { database, clock, log } = options;
  const listeners = new Set<(events: readonly StoredEvent[]) => void>();
  let current: Subscription | undefined;
  let isReading = false;
  let isMore = false;
  let isFailing = false;
  let cancelPoll = (): void => undefined;

  const readLatest = async (): Promise<number> => {
    const [row] = await database.query<{ latest: string }>(`SELECT ${LATEST_EVENT} AS latest`);
    return Number(row?.latest ?? 0);
  };

  const begin = (): Subscription => {
    const subscription: Subscription = {
      position: undefined,
      begun: readLatest().then(
        (latest) => {
          subscription.position ??= latest;
        },
        () => undefined,
      ),
    };
    return subscription;
  };

  /** Reads on until there is nothing more; at most one of these at a time. */
  const readOn = async (): Promise<void> => {
    isMore = true;
    if (isReading) return;
    isReading = true;
    try {
      while (isMore && current) {
        isMore = false;
        const subscription = current;
        await subscription.begun;
        subscription.position ??= await readLatest();
        const events = await readEvents(database.query, subscription.position, READ_AT_ONCE);
        if (events.length === READ_AT_ONCE) isMore = true;
        if (subscription !== current) isMore = true;
        else if (events.length > 0) tell(subscription, events);
      }
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.warn({ err: error, code: codeOf(error) }, 'events of calls cannot be read at the moment');
      isFailing = true;
    } finally {
      isReading = false;
    }
  };

  const tell = (subscription: Subscription, events: readonly StoredEvent[]) => {
    subscription.position = events.at(-1)!.id;
    for (const listener of [...listeners]) {
      try {
        listener(events);
      } catch (error) {
        log.error({ err: error, code: 'INTERNAL' }, 'a listener of events failed');
      }
    }
  };

  const poll = () => {
    cancelPoll = clock.after(POLL_MS, () => {
      void readOn().then(() => {
        if (current) poll();
      });
    });
  };

  database.listen(
    EVENTS_CHANNEL,
    () => void readOn(),
    () => void readOn(),
  );

  return {
    async since(afterId, { callSid, limit }) {
      // Whoever subscribed before hears everything that is not in this answer.
      await current?.begun;
      if (callSid !== undefined && findUnstorable(callSid).length > 0) return [];
      return readEvents(database.query, afterId, limit, callSid);
    },

    async hasForgotten(afterId) {
      const [row] = await database.query<{ up_to: string }>('SELECT up_to FROM forgotten_events');
      // An id that was never given out is of another database: nothing is known of what came after it.
      return afterId < Number(row?.up_to ?? 0) || afterId > (await readLatest());
    },

    async latestId() {
      const subscription = current;
      await subscription?.begun;
      const latest = await readLatest();
      if (subscription) subscription.position ??= latest;
      return latest;
    },

    subscribe(listener) {
      // The same function may subscribe twice.
      const own = (events: readonly StoredEvent[]) => listener(events);
      listeners.add(own);
      if (!current) {
        current = begin();
        poll();
      }
      return () => {
        listeners.delete(own);
        if (listeners.size > 0) return;
        current = undefined;
        cancelPoll();
      };
    },

    close() {
      listeners.clear();
      current = undefined;
      cancelPoll();
    },
  };
}

async function readEvents(query: Query, afterId: number, limit: number, callSid?: string): Promise<StoredEvent[]> {
  const ofCall = callSid === undefined ? '' : 'AND call_sid = $3';
  const rows = await query<EventRow>(
    `SELECT id, at, event FROM call_events WHERE id > $1 ${ofCall} ORDER BY id LIMIT $2`,
    [afterId, limit, ...(callSid === undefined ? [] : [callSid])],
  );
  return rows.map(({ id, at, event }) => ({ id: Number(id), wallTimeMs: at.getTime(), event }));
}

const PRUNED_AT_ONCE = 2000;

/**
 * Forgets events from before a moment (epoch ms), oldest first, until one is younger; remembers how far. In small steps:
 * nobody waits for it. Answers how many are gone.
 */
export async function pruneEvents(query: Query, beforeMs: number): Promise<number> {
  let prunedCount = 0;
  for (;;) {
    const [row] = await query<{ gone: number }>(
      `WITH oldest AS (
         SELECT id, at FROM call_events WHERE id > (SELECT up_to FROM forgotten_events) ORDER BY id LIMIT $2
       ), gone AS (
         DELETE FROM call_events
         WHERE id IN (SELECT id FROM oldest WHERE id < ALL (SELECT id FROM oldest WHERE at >= $1))
         RETURNING id
       ), remembered AS (
         UPDATE forgotten_events SET up_to = greatest(up_to, (SELECT max(id) FROM gone))
         WHERE EXISTS (SELECT FROM gone)
       )
       SELECT count(*)::integer AS gone FROM gone`,
      [new Date(beforeMs), PRUNED_AT_ONCE],
    );
    const goneCount = row?.gone ?? 0;
    prunedCount += goneCount;
    if (goneCount < PRUNED_AT_ONCE) return prunedCount;
  }
}

function codeOf(error: unknown): string {
  return error instanceof BridgeError ? error.code : 'INTERNAL';
}
