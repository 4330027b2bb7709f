import { randomUUID } from 'node:crypto';
import type { Actor } from '../access/actor.js';
import type { AuditEntry, AuditTrail } from '../access/audit.js';
import type { IdempotencyKeys } from '../access/idempotency.js';
import type { TokenStore } from '../access/tokens.js';
import type { CallFeed, CallStore, InstanceInfo } from '../call/call-store.js';
import type { CallFigures } from '../call/figures.js';
import type { RecordListener } from '../call/live-records.js';
import type { OutboundOrders } from '../call/outbound.js';
import type { CallRecord, RecordingRecord } from '../call/record.js';
import type { WebhookDeliveries } from '../call/webhook-delivery.js';
import type { Clock } from '../clock.js';
import type { CreatorJobs } from '../creator/job.js';
import type { Directory, DirectoryFeed, DirectoryStore } from '../directory/directory.js';
import type { Ids } from '../ids.js';
import type { JobQueue } from '../jobs/queue.js';
import type { IndexName } from '../knowledge/vectors-client.js';
import type { Logger } from '../log.js';
import { createOutage } from '../outage.js';
import { memoriesNamed } from './agent-memories.js';
import { auditTrail, enterAudit } from './audit.js';
import { storedCalls } from './calls.js';
import { storedCreatorJobs } from './creator-jobs.js';
import { retainCreatorJobs } from './creator-retention.js';
import { connectDatabase } from './database.js';
import { storeDirectory } from './directory.js';
import { type StoredDocuments, storedDocuments } from './documents.js';
import { pruneEvents, storedFeed } from './events.js';
import { findDeleted, hearGone, pruneGone } from './gone-calls.js';
import { idempotencyKeys, pruneKeys } from './idempotency.js';
import { inWords } from './in-words.js';
import { openInstance } from './instances.js';
import { pruneJobs, storedJobs } from './jobs.js';
import { enterRecording, hearLateRecordings, toldOfRecording } from './late-recording.js';
import { freeFormerWork, freeLeftWork } from './left-work.js';
import { migrate } from './migrate.js';
import { pruneOrders, storedOrders } from './outbound.js';
import { storedFigures } from './overview.js';
import { repeat } from './repeat.js';
import { retainCalls } from './retention.js';
import { endFormerCalls, sweepCalls } from './sweeper.js';
import { hearTaken } from './taken-calls.js';
import { tokenStore } from './tokens.js';
import { untilKept } from './until-kept.js';
import { deliveriesGivenUp, deliveryOf } from './webhook-deliveries.js';
import { callWriter } from './writer.js';

/** How the store is doing, to be measured: from memory, at any time. */
export interface StoreHealth {
  /** False from the first attempt that did not reach the database, or found no room in it, until all that failed works again. */
  readonly isUp: boolean;
  /** Rows of calls, and other writes, that wait. */
  readonly queuedWrites: number;
  /** Given up since the start, because the database was away for too long: events, turns, tool calls, calls and others. */
  readonly droppedWrites: number;
}

/** Everything that is kept, behind the ports of the rooms that need it. */
export interface Store {
  readonly instance: InstanceInfo;
  readonly directory: Directory & DirectoryFeed & DirectoryStore;
  /** Every memory that a version of an agent has named. */
  readonly agentMemories: () => ReturnType<typeof memoriesNamed>;
  readonly tokens: TokenStore;
  readonly audit: AuditTrail;
  /** Enters what has been done already: nobody waits for it, and it is tried again until it is kept. */
  readonly auditUntilKept: (entry: AuditEntry, actor: Actor) => void;
  readonly idempotency: IdempotencyKeys;
  readonly outbound: OutboundOrders;
  readonly calls: CallStore;
  readonly figures: CallFigures;
  readonly feed: CallFeed;
  readonly jobs: JobQueue;
  readonly webhooks: WebhookDeliveries;
  /** Enters a job that follows from what has been done already; tried again until it is kept. One of this key is enough. */
  readonly enqueueUntilKept: (kind: string, payload: Readonly<Record<string, unknown>>, key: string) => Promise<void>;
  readonly documents: StoredDocuments;
  /** Forgets the documents of an index that has been deleted; tried again until that is kept. */
  readonly indexGone: (name: IndexName) => Promise<void>;
  readonly creatorJobs: CreatorJobs;
  /** Takes what happens to calls of this instance; written in batches, tried again until it is kept. */
  readonly record: RecordListener;
  /** Of a call that is taken up here from what another instance gave of it: all of it is written. */
  readonly enterWhole: (record: CallRecord) => void;
  /** Another instance has a call of this one: what waits to be written of it takes it from nobody any more. */
  readonly letGo: (callSid: string) => void;
  /** Enters what has become of the recording of a call that is not in memory here; tried again until it is kept. */
  readonly recordingUntilKept: (callSid: string, recording: RecordingRecord) => void;
  /** Asks what was told of the recording of a call, by all instances, oldest first; asked again until it is answered. */
  readonly toldOfRecording: (callSid: string, answered: (told: readonly RecordingRecord[]) => void) => void;
  /** Asks which of these calls were deleted; asked again until it is answered. */
  readonly deletedOf: (
    callSids: readonly string[],
    answered: (deleted: readonly string[]) => Promise<unknown>,
  ) => Promise<void>;
  /** Rows that are not written yet. */
  readonly pendingRows: number;
  readonly isUp: boolean;
  health(): StoreHealth;
  /**
   * For whoever has the database alone: ends the calls that a bridge that was killed has left, so that nobody waits for
   * them. Answers how many.
   */
  endFormerCalls(): Promise<number>;
  /** Work that others had is due again; only when nobody else uses the database. Answers how many jobs. */
  freeFormerWork(): Promise<number>;
  /** Resolves when everything taken so far is kept. Rejects with STORE_UNAVAILABLE after `limitMs`. */
  flush(limitMs: number): Promise<void>;
  /** Tells the other instances that this one takes no more calls. */
  announceDraining(): Promise<void>;
  /** Whether another instance takes calls. */
  hasSuccessor(): Promise<boolean>;
  /** Writes what is left (a few seconds at most) and releases everything. May be called twice. */
  close(): Promise<void>;
}

export interface StoreOptions {
  databaseUrl: string;
  /** Where other instances reach this one. */
  instanceUrl: string;
  /** Of agents that name no model. */
  defaultModelId: string;
  /** Makes a secret of a tool what may be kept; left out, secrets are kept as they are given. */
  seal?: (secret: string) => string;
  clock: Clock;
  ids: Ids;
  log: Logger;
  /** Where the record of a call that has ended is posted; asked between two audio frames, so from memory. */
  webhookFor?: (record: CallRecord) => string | undefined;
  /**
   * Calls that nobody keeps any longer: their recordings must go. Told before the rows are deleted here, and after they
   * were deleted on any instance.
   */
  removedCalls?: (callSids: readonly string[]) => unknown;
  /** Some may have been deleted on another instance while this one could not be told. */
  removalsMissed?: () => Promise<void>;
  /** Calls that another instance carries now, or that were deleted on any: nothing of them may be told from memory. */
  lostCalls?: (callSids: readonly string[]) => void;
  /** An instance has entered something of the recording of this call that another one may have in memory. */
  recordingEntered?: (callSid: string) => void;
  /** The same may have been missed for any call. */
  recordingsMissed?: () => void;
  /** All that is in memory of calls of this instance: written anew when the database has lost its newest rows. */
  knownCalls?: () => Iterable<CallRecord>;
  /** Calls that have ended and are told from memory. */
  keptCalls?: () => readonly string[];
}

const SWEEP_EVERY_MS = 60_000;
const FREE_EVERY_MS = 5000;
const RETAIN_EVERY_MS = 600_000;
const EVENTS_KEPT_MS = 3_600_000;
const LAST_WRITE_LIMIT_MS = 5000;
/** As long as those before it may take. */
const FIGURES_WAIT_MS = 10_000;
/** Before a caller's calls are deleted, what is still on its way of them is waited for. */
const FLUSH_LIMIT_MS = 2000;

/**
 * Migrates the database, takes the directory and the tokens into memory, and starts what the store does by itself.
 * Rejects with STORE_UNAVAILABLE, STORE_INCOMPATIBLE or CONFIG_INVALID, in words for whoever starts the bridge.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const {
    databaseUrl: url,
    instanceUrl,
    defaultModelId,
    seal = (secret) => secret,
    clock,
    ids,
    log,
    webhookFor,
    removedCalls,
    removalsMissed = async () => undefined,
    lostCalls = () => undefined,
    recordingEntered = () => undefined,
    recordingsMissed = () => undefined,
    knownCalls,
    keptCalls = () => [],
  } = options;
  const opened: (() => Promise<void> | void)[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    for (const close of opened.splice(0).reverse()) await close();
  };

  try {
    await migrate({ url, clock, log });
    const database = connectDatabase({ url, clock, log });
    opened.push(() => database.close());
    // Calls are written beside everything else: no burst of requests keeps them waiting for a connection.
    const callDatabase = connectDatabase({ url, clock, log, maxConnections: 1 });
    opened.push(() => callDatabase.close());
    // However many people look at figures over many calls, no call waits for a connection because of them.
    const figuresDatabase = connectDatabase({ url, clock, log, maxConnections: 1, connectLimitMs: FIGURES_WAIT_MS });
    opened.push(() => figuresDatabase.close());

    const health = (): StoreHealth => {
      const { events, words, calls: droppedCalls } = writer.givenUp;
      return {
        isUp: !outage.isAway,
        queuedWrites: writer.pendingRows + kept.waitingCount,
        droppedWrites: events + words + droppedCalls + kept.givenUp,
      };
    };
    const outage = createOutage({
      ...{ clock, log, code: 'STORE_UNAVAILABLE' },
      begins: 'the store is away: calls go on, and what happens to them is written when it is back',
      ends: 'the store is back',
      tally() {
        const { queuedWrites, droppedWrites } = health();
        return { queuedWrites, droppedWrites };
      },
    });
    const reachedBy = (who: string) => (isUp: boolean, error?: unknown) =>
      isUp ? outage.worked(who) : outage.failed(who, error);
    // Never one that was there before, not even in replayed calls: rows belong to it, and its batches are counted.
    const self: InstanceInfo = { id: randomUUID(), url: instanceUrl };
    const writer = callWriter({
      database: callDatabase,
      instance: self,
      clock,
      log,
      webhookFor,
      lost: lostCalls,
      known: knownCalls,
      reached: reachedBy('calls'),
    });
    const kept = untilKept({ clock, log, reached: reachedBy('others') });
    const instance = await openInstance({ database, instance: self, clock, log, reached: reachedBy('heartbeat') });
    opened.push(() => instance.close());

    const directory = storeDirectory({ database, clock, ids, defaultModelId, seal, log });
    opened.push(() => directory.close());
    await directory.load();
    const tokens = tokenStore({ database, clock, ids, log });
    opened.push(() => tokens.close());
    await tokens.load();

    const feed = storedFeed({ database, clock, log });
    opened.push(() => feed.close());
    const sweep = repeat({
      clock,
      log,
      everyMs: SWEEP_EVERY_MS,
      async run() {
        await sweepCalls({ database, clock, log, contactMs: () => instance.contactMs, webhookFor });
        await pruneEvents(database.query, clock.now() - EVENTS_KEPT_MS);
        await pruneJobs(database.query, clock.now());
        await pruneOrders(database.query, clock.now());
        await pruneKeys(database.query, clock.now());
        await pruneGone(database.query, clock.now());
      },
    });
    opened.push(() => sweep.stop());
    const free = repeat({
      clock,
      log,
      everyMs: FREE_EVERY_MS,
      run: () => freeLeftWork({ database, clock, contactMs: () => instance.contactMs }),
    });
    opened.push(() => free.stop());
    const retain = repeat({
      clock,
      log,
      everyMs: RETAIN_EVERY_MS,
      async run() {
        await retainCalls({ database, clock, removed: (callSids) => removedCalls?.(callSids) });
        await retainCreatorJobs({ database, clock });
      },
    });
    opened.push(() => retain.stop());
    const deletedOf: Store['deletedOf'] = (callSids, answered) =>
      kept.keep('a look at deleted calls', async () => answered(await findDeleted(database.query, callSids)));
    const unheard = (error: unknown) =>
      log.error({ err: error, code: 'INTERNAL' }, 'what is left of deleted calls could not be removed');
    const toldGone = async (callSids: readonly string[]) => {
      lostCalls(callSids);
      await removedCalls?.(callSids);
    };
    const missedGone = async () => {
      await deletedOf(keptCalls(), async (deleted) => lostCalls(deleted));
      await removalsMissed();
    };
    hearGone(
      database,
      (callSids) => void toldGone(callSids).catch(unheard),
      () => void missedGone().catch(unheard),
    );
    hearTaken(database, self.id, lostCalls);
    hearLateRecordings(database, recordingEntered, recordingsMissed);
    opened.push(() => kept.close(LAST_WRITE_LIMIT_MS));
    // Its last write may tell that a call is another instance's, of whose recording something is to be entered then.
    opened.push(() => writer.close(LAST_WRITE_LIMIT_MS));
    const keepEntry = (entry: AuditEntry, actor: Actor) => {
      const [nowMs, key] = [clock.now(), randomUUID()];
      const what = `${entry.action} in the audit trail`;
      return kept.keep(what, () => enterAudit(database.query, entry, actor, nowMs, key));
    };
    const calls = storedCalls({ database, instanceId: self.id, clock });
    const outbound = storedOrders({ database, clock, kept });
    const jobs = storedJobs({ database, clock, instanceId: self.id });
    const documents = storedDocuments({ database, clock, instanceId: self.id });

    return {
      instance: self,
      directory,
      agentMemories: () => memoriesNamed(database.query),
      tokens,
      audit: { ...auditTrail({ database, clock }), keep: keepEntry },
      auditUntilKept: (entry, actor) => void keepEntry(entry, actor),
      idempotency: idempotencyKeys({ database, clock, kept }),
      outbound,
      calls: {
        ...calls,
        async deleteCaller(person, actor, remove, elsewhere) {
          await writer.flush(FLUSH_LIMIT_MS);
          const callSids = await calls.deleteCaller(person, actor, remove, elsewhere);
          lostCalls(callSids);
          outbound.forget(person);
          return callSids;
        },
      },
      figures: storedFigures(figuresDatabase),
      feed,
      jobs,
      webhooks: {
        of: (callSid) => deliveryOf(database.query, callSid),
        givenUp: (page) => deliveriesGivenUp(database.query, page),
      },
      enqueueUntilKept: (kind, payload, key) =>
        kept.keep(`a job (${kind})`, () => jobs.enqueue(kind, payload, { key })),
      documents,
      indexGone(name) {
        const goneMs = clock.now();
        // When the store is back, there may be another index of that name, with documents of its own.
        return kept.keep('documents of a deleted index', () => documents.forgetIndex(name, goneMs));
      },
      creatorJobs: storedCreatorJobs({ database, clock }),
      record: writer.record,
      enterWhole: writer.enterWhole,
      letGo: writer.letGo,
      recordingUntilKept(callSid, recording) {
        void kept.keep('what became of a recording', () => enterRecording(database, callSid, recording, clock.now()));
      },
      toldOfRecording(callSid, answered) {
        void kept.keep('a look at a recording', async () => answered(await toldOfRecording(database.query, callSid)));
      },
      deletedOf,
      get pendingRows() {
        return writer.pendingRows;
      },
      get isUp() {
        return !outage.isAway;
      },
      health,
      freeFormerWork: () => freeFormerWork({ database, clock, instanceId: self.id }),
      endFormerCalls: () => endFormerCalls({ database, clock, log, webhookFor, instanceId: self.id }),
      flush: writer.flush,
      announceDraining: () => instance.drain(),
      hasSuccessor: () => instance.hasSuccessor(),
      close() {
        closing ??= closeAll();
        return closing;
      },
    };
  } catch (error) {
    await closeAll();
    throw inWords(error, url);
  }
}
