import { isComplete, waitedForMs } from '../call/complete.js';
import type { CallEvent } from '../call/events.js';
import type { RecordListener } from '../call/live-records.js';
import type { CallRecord } from '../call/record.js';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import type { Logger } from '../log.js';
import type { Database } from './database.js';
import { type WritingInstance, writeChunk } from './write-calls.js';
import { CallBatch, type ChangedCall } from './writer-batch.js';

/** Changes wait this long for company, in ms: a turn that grows is one row. */
const GATHER_MS = 30;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2000;
/** About a millisecond of JSON, so that no audio frame waits. */
const CHUNK_ROWS = 500;
/** That wait while the store is away: some minutes of a busy instance. Rows of calls are never given up. */
const PENDING_EVENTS = 50_000;

/** What may make all known of a call that has ended, or tells that there is more to come. */
const COMPLETING: ReadonlySet<CallEvent['kind']> = new Set([
  'ended',
  'transferred',
  'dialEnded',
  'carrierReported',
  'recordingChanged',
]);

export interface CallWriterOptions {
  database: Database;
  instance: WritingInstance;
  clock: Clock;
  log: Logger;
  /** Where the record of this call goes when it has ended. */
  webhookFor?: ((record: CallRecord) => string | undefined) | undefined;
  /** Calls that another instance carries now, or that were deleted: what this one still says of them is not kept. */
  lost?: ((callSids: readonly string[]) => void) | undefined;
  /** Whether the database was reached; told after each attempt. */
  reached?: ((isUp: boolean) => void) | undefined;
  maxPendingEvents?: number;
}

export interface CallWriter {
  readonly record: RecordListener;
  readonly pendingRows: number;
  /** Events that were given up while the store was away. */
  readonly droppedEvents: number;
  flush(limitMs: number): Promise<void>;
  /** Takes no more; writes what is left for at most `limitMs`. */
  close(limitMs: number): Promise<void>;
}

/** Writes what happens to calls of this instance, behind their backs: gathered, batched, tried again until it is kept. */
export function callWriter(options: CallWriterOptions): CallWriter {
  const { database, instance, clock, log, webhookFor, lost, reached } = options;
  const { maxPendingEvents = PENDING_EVENTS } = options;
  let gathering = new CallBatch();
  /** What is being written, oldest first: one batch, or what became of it when it was split. */
  let writing: CallBatch[] = [];
  let isAtWork = false;
  let isUnderWay = false;
  let isClosed = false;
  let batchNumber = 0;
  let takenCount = 0;
  let keptCount = 0;
  let droppedEvents = 0;
  let away: { sinceMs: number; delayMs: number; droppedBefore: number } | undefined;
  let wake = (): void => undefined;
  let cancelGather: (() => void) | undefined;
  const waiting = new Set<{ count: number; resolve: () => void }>();

  const pause = (delayMs: number) =>
    new Promise<void>((resolve) => {
      const cancel = clock.after(delayMs, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });

  /** Gives up the oldest of what waits. The batch under way neither counts nor is touched: it may be kept. */
  const dropBeyondLimit = () => {
    const held = isUnderWay ? writing.slice(1) : [...writing];
    held.push(gathering);
    let excess = held.reduce((sum, batch) => sum + batch.eventCount, -maxPendingEvents);
    for (const batch of held) {
      for (; excess > 0 && batch.eventCount > 0; excess--) {
        batch.dropOldestEvent();
        droppedEvents++;
      }
    }
  };

  const writeBatch = async (batch: CallBatch): Promise<void> => {
    const firstNumber = batchNumber + 1;
    const lostSids = await (batch.rowCount <= CHUNK_ROWS
      ? writeChunks(database.query)
      : database.transaction(writeChunks));
    // Those that were taken up meanwhile are this instance's again.
    const lostNow = lostSids.filter((callSid) => !gathering.calls.get(callSid)?.claims);
    if (lostNow.length > 0) lost?.(lostNow);

    async function writeChunks(query: Database['query']): Promise<string[]> {
      const sids: string[] = [];
      let number = firstNumber;
      for (const chunk of batch.chunks(CHUNK_ROWS)) {
        sids.push(...(await writeChunk(query, instance, number, chunk, clock.now())));
        batchNumber = Math.max(batchNumber, number++);
      }
      return sids;
    }
  };

  /** One attempt at the oldest batch: kept, split at the call that the database refuses, or left for the next one. */
  const attempt = async (): Promise<void> => {
    const batch = writing[0]!;
    const numberBefore = batchNumber;
    try {
      isUnderWay = true;
      await writeBatch(batch);
      isUnderWay = false;
      writing.shift();
      isBack(batch.rowCount);
    } catch (error) {
      isUnderWay = false;
      if (!isRefusal(error)) {
        // The same numbers again: it may have been committed.
        batchNumber = numberBefore;
        isAway(error);
        dropBeyondLimit();
        await pause(away!.delayMs);
        return;
      }
      isBack(0);
      if (batch.calls.size > 1) {
        writing.splice(0, 1, ...batch.split());
        return;
      }
      writing.shift();
      const [callSid] = batch.calls.keys();
      // The words of the error hold values of the row.
      const reason = (error as { code?: string }).code ?? (error as Error).name;
      log.error({ callSid, code: 'INTERNAL', reason, rows: batch.rowCount }, 'rows of a call cannot be kept');
    }
  };

  const isAway = (error: unknown) => {
    reached?.(false);
    if (away) {
      away.delayMs = Math.min(away.delayMs * 2, LAST_RETRY_MS);
      return;
    }
    away = { sinceMs: clock.now(), delayMs: FIRST_RETRY_MS, droppedBefore: droppedEvents };
    const { code, cause } = error as { code?: string; cause?: unknown };
    const reason = (cause as { code?: string } | undefined)?.code ?? code;
    log.warn({ code: 'STORE_UNAVAILABLE', reason }, 'calls cannot be written at the moment');
  };

  const isBack = (rows: number) => {
    reached?.(true);
    if (!away) return;
    const { sinceMs, droppedBefore } = away;
    away = undefined;
    log.info(
      {
        rows: rows + writing.reduce((sum, batch) => sum + batch.rowCount, 0) + gathering.rowCount,
        awayMs: Math.round(clock.now() - sinceMs),
        droppedEvents: droppedEvents - droppedBefore,
      },
      'calls are written again',
    );
  };

  const work = async (): Promise<void> => {
    if (isAtWork) return;
    isAtWork = true;
    cancelGather?.();
    cancelGather = undefined;
    const count = takenCount;
    writing = [gathering];
    gathering = new CallBatch();
    while (writing.length > 0 && !isClosed) await attempt();
    isAtWork = false;
    if (isClosed) return;
    keptCount = count;
    for (const waiter of waiting) if (waiter.count <= keptCount) waiter.resolve();
    if (gathering.rowCount === 0) return;
    if (waiting.size > 0) void work();
    else gather();
  };

  /** When all is known of the call, or when it does not come back any more, whatever is known then. */
  const orderWebhook = ({ jobs }: ChangedCall, event: CallEvent, record: CallRecord, nowMs: number) => {
    const { callSid, endedAt } = record;
    if (!webhookFor || endedAt === null) return;
    try {
      const url = webhookFor(record);
      if (!url) return;
      const key = `${callSid}:${endedAt}`;
      // Nobody answered whom the call was put through to: the time in which it comes back begins now.
      const sinceMs = event.kind === 'dialEnded' ? nowMs : Date.parse(endedAt);
      const dueMs = isComplete(record) ? nowMs : sinceMs + waitedForMs(record);
      jobs.set(key, { key, payload: { callSid, endedAt, url }, dueMs });
    } catch (error) {
      log.error({ err: error, code: 'WEBHOOK_FAILED', callSid }, 'webhook could not be looked up');
    }
  };

  const gather = () => {
    if (isAtWork || cancelGather) return;
    cancelGather = clock.after(GATHER_MS, () => void work());
  };

  const flush = (limitMs: number): Promise<void> => {
    if (keptCount >= takenCount) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const done = () => {
        cancel();
        waiting.delete(waiter);
      };
      const waiter = {
        count: takenCount,
        resolve() {
          done();
          resolve();
        },
      };
      const cancel = clock.after(limitMs, () => {
        done();
        reject(new BridgeError('STORE_UNAVAILABLE', `Calls were not written within ${limitMs} ms.`, { limitMs }));
      });
      waiting.add(waiter);
      if (isAtWork) wake();
      else void work();
    });
  };

  return {
    record(event, record, wallTimeMs) {
      if (isClosed) return;
      const call = gathering.add(event, record, wallTimeMs);
      takenCount++;
      dropBeyondLimit();
      if (COMPLETING.has(event.kind) && record.state === 'ended') orderWebhook(call, event, record, wallTimeMs);
      gather();
    },

    get pendingRows() {
      return gathering.rowCount + writing.reduce((sum, batch) => sum + batch.rowCount, 0);
    },

    get droppedEvents() {
      return droppedEvents;
    },

    flush,

    async close(limitMs) {
      if (isClosed) return;
      try {
        await flush(limitMs);
      } catch {
        const rows = gathering.rowCount + writing.reduce((sum, batch) => sum + batch.rowCount, 0);
        log.error({ code: 'STORE_UNAVAILABLE', rows }, 'calls could not be written before the end');
      }
      isClosed = true;
      cancelGather?.();
      wake();
    },
  };
}

/**
 * Whether the database (or JSON) will never take this: bad values, broken rules, beyond its limits. Everything else is
 * tried again, lest a fault that is not the call's own loses it. Source: PostgreSQL manual, "Error Codes".
 */
function isRefusal(error: unknown): boolean {
  if (error instanceof BridgeError) return false;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? /^(22|23|54)/.test(code) : true;
}
