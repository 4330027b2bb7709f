import type { AuditEntry } from '../access/audit.js';
import type { Clock } from '../clock.js';
import type { Change } from '../directory/directory.js';
import { BridgeError } from '../errors.js';
import { enterAudit } from './audit.js';
import type { Database, Query } from './database.js';
import type { DirectoryReading } from './snapshot.js';
import { DIRECTORY_CHANNEL } from './snapshot-feed.js';

/** A change under way: nobody else changes the directory until it is committed. */
export interface OpenChange {
  query: Query;
  /** Its place in the order of all changes. */
  count: number;
  nowMs: number;
}

export interface MadeChange<Result> {
  /** The agent or number that was changed, and how it is now. */
  subject: string;
  reading: Omit<DirectoryReading, 'asOf'>;
  audit: Omit<AuditEntry, 'subject'>;
  result: Result;
}

/** Makes one change of the directory with its audit entry, for all instances to hear; answers its result. */
export type ChangeDirectory = <Result>(
  actor: Change['actor'],
  make: (change: OpenChange) => Promise<MadeChange<Result>>,
) => Promise<Result>;

/**
 * Changes of all instances happen one after the other, because each holds the row that counts them: what a change has
 * looked at (the latest version, the numbers of an agent) stays so until it is committed.
 */
export function changeDirectory(options: {
  database: Database;
  clock: Clock;
  /** Hears of each change of this instance, once it is committed. */
  taken: (subject: string, reading: DirectoryReading) => void;
}): ChangeDirectory {
  const { database, clock, taken } = options;
  return async (actor, make) => {
    const { count, subject, reading, result } = await database.transaction(async (query) => {
      const [row] = await query<{ count: string }>('UPDATE directory_changes SET count = count + 1 RETURNING count');
      const open = { query, count: Number(row!.count), nowMs: clock.now() };
      const made = await make(open);
      const entry = { ...made.audit, subject: `${made.subject.startsWith('+') ? 'number' : 'agent'}/${made.subject}` };
      await enterAudit(query, entry, actor, open.nowMs);
      await query('SELECT pg_notify($1, $2)', [DIRECTORY_CHANNEL, `${open.count} ${made.subject}`]);
      return { ...made, count: open.count };
    });
    taken(subject, { ...reading, asOf: count });
    return result;
  };
}

/** VERSION_CONFLICT when the change was made upon another version than the latest. */
export function requireVersion(subject: string, ifVersion: number | undefined, latest: number | undefined): void {
  if (ifVersion === undefined || ifVersion === latest) return;
  throw new BridgeError(
    'VERSION_CONFLICT',
    latest === undefined
      ? `${subject} does not exist, so it has no version ${ifVersion}.`
      : `${subject} is at version ${latest}, not ${ifVersion}: someone else has changed it.`,
    { latestVersion: latest ?? null },
  );
}
