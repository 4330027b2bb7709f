import type { Clock } from '../clock.js';
import { BridgeError, messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import type { Database } from './database.js';
import { changeCount, readDirectory } from './directory-rows.js';
import type { DirectoryReading, Snapshot } from './snapshot.js';

/** Notified after every change: its count and the id or number that was changed. */
export const DIRECTORY_CHANNEL = 'oratio_directory';

const POLL_MS = 30_000;
const AGAIN_MS = 1000;

export interface SnapshotFeed {
  /** Reads everything and follows the changes of all instances from then on. */
  load(): Promise<void>;
  /** Takes a change that this instance has made itself. */
  take(subject: string, reading: DirectoryReading): void;
  close(): void;
}

/**
 * Keeps a snapshot like the store: by notifications, by a look at the count of changes every 30 s, and by reading all
 * of it when the connection that hears notifications was lost. While the store is away the snapshot stays as it is.
 */
export function snapshotFeed(options: {
  snapshot: Snapshot;
  database: Database;
  defaultModelId: string;
  clock: Clock;
  log: Logger;
}): SnapshotFeed {
  const { snapshot, database, defaultModelId, clock, log } = options;
  /** All changes up to this one are in the snapshot, and some after it. */
  let completeTo = 0;
  const beyond = new Set<number>();
  /** Changes that were heard of and are not read yet, by agent or number. */
  let pending = new Map<string, number[]>();
  let needsAll = false;
  let isReading = false;
  let wasConnected = false;
  let isClosed = false;
  let cancelPoll = (): void => undefined;
  let cancelAgain = (): void => undefined;

  const distrust = () => {
    snapshot.distrust();
    completeTo = 0;
    beyond.clear();
    needsAll = true;
  };

  const isKnown = (count: number) => count <= completeTo || beyond.has(count);

  const completed = (count: number) => {
    if (count > completeTo) beyond.add(count);
    while (beyond.delete(completeTo + 1)) completeTo++;
  };

  const completedTo = (count: number) => {
    completeTo = count;
    for (const each of [...beyond]) if (each <= count) beyond.delete(each);
    while (beyond.delete(completeTo + 1)) completeTo++;
  };

  const readPending = async () => {
    const batch = pending;
    pending = new Map();
    const subjects = [...batch.keys()];
    snapshot.put(subjects, await readDirectory(database, defaultModelId, subjects));
    for (const counts of batch.values()) for (const count of counts) completed(count);
  };

  const readAll = async () => {
    needsAll = false;
    const reading = await readDirectory(database, defaultModelId);
    snapshot.putAll(reading);
    completedTo(reading.asOf);
  };

  const failed = (error: unknown) => {
    needsAll = true;
    // Once a second; that the store is away is told by whoever writes to it.
    const isAway = error instanceof BridgeError && error.code === 'STORE_UNAVAILABLE';
    const fields = { code: isAway ? error.code : 'INTERNAL', reason: messageOf(error) };
    log[isAway ? 'debug' : 'warn'](fields, 'directory not read');
    cancelAgain();
    if (!isClosed) cancelAgain = clock.after(AGAIN_MS, () => void read());
  };

  /** One reading at a time: changes are taken in their order, and a burst of them in few readings. */
  const read = async (): Promise<void> => {
    if (isReading) return;
    isReading = true;
    try {
      while (!isClosed && (needsAll || pending.size > 0)) await (needsAll ? readAll() : readPending());
    } catch (error) {
      failed(error);
    } finally {
      isReading = false;
    }
  };

  const heard = (payload: string) => {
    const [, text, subject] = /^(\d+) (.+)$/.exec(payload) ?? [];
    if (isClosed || text === undefined || subject === undefined) return;
    const count = Number(text);
    if (isKnown(count)) return;
    if (snapshot.asOf(subject) >= count) {
      completed(count);
      return;
    }
    pending.set(subject, [...(pending.get(subject) ?? []), count]);
    void read();
  };

  const compare = async () => {
    try {
      const before = completeTo;
      const count = await changeCount(database.query);
      if (isClosed || count === before) return;
      if (count < before) distrust();
      needsAll = true;
      void read();
    } catch (error) {
      failed(error);
    }
  };

  const poll = () => {
    cancelPoll = clock.after(POLL_MS, () => {
      if (isClosed) return;
      void compare();
      poll();
    });
  };

  const connected = () => {
    if (isClosed) return;
    if (wasConnected) {
      distrust();
      void read();
    } else void compare();
    wasConnected = true;
  };

  return {
    async load() {
      await readAll();
      database.listen(DIRECTORY_CHANNEL, heard, connected);
      poll();
    },

    take(subject, reading) {
      snapshot.put([subject], reading);
      completed(reading.asOf);
    },

    close() {
      isClosed = true;
      cancelPoll();
      cancelAgain();
    },
  };
}
