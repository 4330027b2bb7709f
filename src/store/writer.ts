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
/** Events that wait while the store is away: some minutes of a busy instance. They are given up first. */
const PENDING_EVENTS = 50_000;
/** Then the turns and tool calls of the calls that ended first: with more rows than this, some 100 MB. */
const PENDING_ROWS = 200_000;
/** At last whole calls: with more than this, some 100 MB more. */
const PENDING_CALLS = 50_000;
/** What a database that has gone back in time may have lost: a replica is seconds behind, and deletions are older. */
const RESTORED_MS = 3_600_000;

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
  /** Whether the database was reached, and what stood in the way; told after each attempt. */
  reached?: ((isUp: boolean, error?: unknown) => void) | undefined;
  /** What is in memory of calls of this instance: written anew when the database has lost its newest rows. */
  known?: (() => Iterable<CallRecord>) | undefined;
  maxPendingEvents?: number;
  maxPendingRows?: number;
  maxPendingCalls?: number;
}

/** What was given up because the store was away for too long. */
export interface GivenUp {
  readonly events: number;
  /** Turns and tool calls. */
  readonly words: number;
  readonly calls: number;
}

export interface CallWriter {
  readonly record: RecordListener;
  /** Of a call that is taken up here: all of it is written with what makes it this instance's. */
  enterWhole(record: CallRecord): void;
  /** Another instance has the call: what waits of it enters it where nobody has, and takes it from nobody. */
  letGo(callSid: string): void;
  readonly pendingRows: number;
  readonly givenUp: GivenUp;
  flush(limitMs: number): Promise<void>;
  /** Takes no more; writes what is left for at most `limitMs`. */
  close(limitMs: number): Promise<void>;
}

/** Writes what happens to calls of this instance, behind their backs: gathered, batched, tried again until it is kept. */
export function callWriter(options: CallWriterOptions): CallWriter {
  const { database, instance, clock, log, webhookFor, lost, reached, known = () => [] } = options;
  const { maxPendingEvents = PENDING_EVENTS, maxPendingRows = PENDING_ROWS, maxPendingCalls = PENDING_CALLS } = options;
  let gathering = new CallBatch();
  /** What is being written, oldest first: one batch, or what became of it when it was split. */
  let writing: CallBatch[] = [];
  let isAtWork = false;
  let isUnderWay = false;
  let isClosed = false;
  let batchNumber = 0;
  /** The last one that the database has said to have. */
  let confirmedNumber = 0;
  let takenCount = 0;
  let keptCount = 0;
  const givenUp = { events: 0, words: 0, calls: 0 };
  /** Until the next attempt, while the store is away, in ms. */
  let retryMs: number | undefined;
  let isGivingUp = false;
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
        givenUp.events++;
        saysGivingUp();
      }
    }
    let excessRows = held.reduce((sum, batch) => sum + batch.rowCount, -maxPendingRows);
    for (const batch of held) {
      for (let count = 1; excessRows > 0 && count > 0; excessRows -= count) {
        count = batch.giveUpWords();
        givenUp.words += count;
      }
    }
    while (gathering.calls.size > maxPendingCalls && gathering.giveUpCall()) givenUp.calls++;
  };

  const saysGivingUp = () => {
    if (isGivingUp) return;
    isGivingUp = true;
    const fields = { code: 'STORE_UNAVAILABLE', maxPendingEvents, maxPendingRows, maxPendingCalls };
    log.error(fields, 'too much waits for the store: events are given up, then words of the oldest calls, then calls');
  };

  /** The database has gone back in time: what is in memory of calls is entered once more. */
  const enterAgain = () => {
    const nowMs = clock.now();
    let count = 0;
    for (const record of known()) {
      if (record.endedAt !== null && nowMs - Date.parse(record.endedAt) > RESTORED_MS) continue;
      const call = gathering.restore(record, nowMs);
      if (record.state === 'ended') orderWebhook(call, 'ended', record, nowMs);
      takenCount++;
      count++;
    }
    const fields = { code: 'STORE_UNAVAILABLE', calls: count };
    log.error(fields, 'the database has lost its newest rows: what is in memory of calls is entered once more');
  };

  const writeBatch = async (batch: CallBatch): Promise<void> => {
    const firstNumber = batchNumber + 1;
    const { lostSids, hasGoneBack } = await (batch.rowCount <= CHUNK_ROWS
      ? writeChunks(database.query)
      : database.transaction(writeChunks));
    confirmedNumber = batchNumber;
    if (hasGoneBack) enterAgain();
    // Those that were taken up or are entered once more are this instance's again.
    const isOurs = (callSid: string) => {
      const call = gathering.calls.get(callSid);
      return call !== undefined && (call.claims !== 'no' || call.isRestored);
    };
    const lostNow = lostSids.filter((callSid) => !isOurs(callSid));
    if (lostNow.length > 0) lost?.(lostNow);

    async function writeChunks(query: Database['query']) {
      const lostSids: string[] = [];
      let hasGoneBack = false;
      let number = firstNumber;
      for (const chunk of batch.chunks(CHUNK_ROWS)) {
        const written = await writeChunk(query, instance, number, chunk, clock.now());
        lostSids.push(...written.lost);
        hasGoneBack ||= written.batchBefore < confirmedNumber;
        batchNumber = Math.max(batchNumber, number++);
      }
      return { lostSids, hasGoneBack };
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
      isBack();
    } catch (error) {
      isUnderWay = false;
      if (!isRefusal(error)) {
        // The same numbers again: it may have been committed.
        batchNumber = numberBefore;
        isAway(error);
        dropBeyondLimit();
        await pause(retryMs!);
        return;
      }
      isBack();
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
    retryMs = retryMs === undefined ? FIRST_RETRY_MS : Math.min(retryMs * 2, LAST_RETRY_MS);
    reached?.(false, error);
  };

  const isBack = () => {
    retryMs = undefined;
    isGivingUp = false;
    reached?.(true);
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
  const orderWebhook = ({ jobs }: ChangedCall, kind: CallEvent['kind'], record: CallRecord, nowMs: number) => {
    const { callSid, endedAt } = record;
    if (!webhookFor || endedAt === null) return;
    try {
      const url = webhookFor(record);
      if (!url) return;
      const key = `${callSid}:${endedAt}`;
      // Nobody answered whom the call was put through to: the time in which it comes back begins now.
      const sinceMs = kind === 'dialEnded' ? nowMs : Date.parse(endedAt);
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
      if (COMPLETING.has(event.kind) && record.state === 'ended') orderWebhook(call, event.kind, record, wallTimeMs);
      gather();
    },

    enterWhole(record) {
      if (isClosed) return;
      gathering.enterWhole(record, clock.now());
      takenCount++;
      gather();
    },

    letGo(callSid) {
      for (const batch of [...writing, gathering]) batch.letGo(callSid);
    },

    get pendingRows() {
      return gathering.rowCount + writing.reduce((sum, batch) => sum + batch.rowCount, 0);
    },

    get givenUp() {
      return { ...givenUp };
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
