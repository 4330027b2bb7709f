import type { InstanceInfo } from '../call/call-store.js';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import type { Database } from './database.js';
import { repeat } from './repeat.js';

const HEARTBEAT_MS = 10_000;
/** Not seen for this long, an instance is dead: nobody sends it requests. */
const ALIVE_MS = 60_000;

/** Not seen for this long, it has missed two heartbeats, and nobody waits for an answer of it. */
export const ANSWERS_MS = 25_000;

/** Whether a row of `instances` is of one that lives, by the clock of the database. */
export const ALIVE = `instances.seen_at > now() - interval '${ALIVE_MS} milliseconds'`;

/** Whether it is worth while to ask it for something. */
export const ANSWERS = `instances.seen_at > now() - interval '${ANSWERS_MS} milliseconds'`;

export interface Instance {
  /** For how long the database has been reached without a gap, in ms: others had that long to say that they live. */
  readonly contactMs: number;
  /** Says that it takes no more calls. */
  drain(): Promise<void>;
  /** Whether there is another one that takes calls. */
  hasSuccessor(): Promise<boolean>;
  /** From now on it counts as dead. */
  close(): Promise<void>;
}

/** Enters this instance, and says every ten seconds that it lives. Rejects when it cannot be entered. */
export async function openInstance(options: {
  database: Database;
  instance: InstanceInfo;
  clock: Clock;
  log: Logger;
  /** Whether the database was reached, and what stood in the way; told after each heartbeat. */
  reached?: (isUp: boolean, error?: unknown) => void;
}): Promise<Instance> {
  const { database, instance, clock, log, reached } = options;
  let contactSinceMs: number | undefined = clock.now();
  let isDraining = false;

  const beat = () =>
    database.query(
      `INSERT INTO instances (id, url, started_at, seen_at, draining) VALUES ($1, $2, now(), now(), $3)
       ON CONFLICT (id) DO UPDATE SET url = excluded.url, seen_at = now(), draining = excluded.draining`,
      [instance.id, instance.url, isDraining],
    );
  await beat();
  const heart = repeat({
    clock,
    log,
    everyMs: HEARTBEAT_MS,
    async run() {
      try {
        await beat();
        contactSinceMs ??= clock.now();
        reached?.(true);
      } catch (error) {
        contactSinceMs = undefined;
        reached?.(false, error);
        throw error;
      }
    },
  });

  return {
    get contactMs() {
      return contactSinceMs === undefined ? 0 : clock.now() - contactSinceMs;
    },
    async drain() {
      isDraining = true;
      await beat();
    },
    async hasSuccessor() {
      const [found] = await database.query<{ exists: boolean }>(
        `SELECT EXISTS (SELECT FROM instances WHERE id <> $1 AND NOT draining AND ${ANSWERS})`,
        [instance.id],
      );
      return found?.exists ?? false;
    },
    async close() {
      await heart.stop();
      await database
        .query(`UPDATE instances SET seen_at = now() - interval '${ALIVE_MS} milliseconds' WHERE id = $1`, [
          instance.id,
        ])
        .catch((error: unknown) => {
          log.warn({ err: error, code: 'STORE_UNAVAILABLE' }, 'instance could not say that it ends');
        });
    },
  };
}
