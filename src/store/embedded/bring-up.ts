import type pg from 'pg';
import type { Clock } from '../../clock.js';
import { BridgeError, messageOf } from '../../errors.js';
import { pause } from './command.js';
import { launchServer, type Place } from './launch.js';
import { takeLock } from './lock.js';
import { hasClients, inspectServer, removePidFile, stopServer } from './postmaster.js';
import { ROLE } from './settings.js';
import { removeOldSocketFolders } from './temp-folder.js';

/** A running server whose data directory is ours for as long as `client` is connected. */
export interface Held {
  readonly url: string;
  readonly pid: number;
  readonly socketDir: string;
  readonly client: pg.Client;
  /** Resolves when `client` is no longer connected. */
  readonly lost: Promise<void>;
  /** The server was running already. */
  readonly joined: boolean;
}

const POLL_MS = 20;
/** A `postmaster.pid` without a process id for this long is what a crash left. */
const UNCLEAR_LIMIT_MS = 2000;
/** A server that is stopping (its last clients may still write) or that is in the way of ours is waited for this long. */
const WAIT_LIMIT_MS = 60_000;
/** Processes of a server that was killed end by themselves, but not at once; meanwhile they hold its memory. */
const REMNANT_WORDS = /pre-existing shared memory|lock file "postmaster\.pid"/;
const REMNANT_LIMIT_MS = 15_000;
const STOP_LIMIT_MS = 5000;
/** The sessions of a bridge that was killed end a moment after it. */
const CLIENTS_LIMIT_MS = 2000;
const LAUNCH_LIMIT = 3;

/**
 * Joins the server of the cluster or starts it, and takes the lock. Any number of bridges may do this at once: one
 * gets it, the others DATA_DIR_IN_USE. `socketDir`: where the socket must be (undefined: anywhere).
 */
export async function bringUp(place: Place, clock: Clock, socketDir?: string): Promise<Held> {
  const { cluster, dataDir } = place;
  const startMs = clock.now();
  let unclearMs: number | undefined;
  let refusedMs: number | undefined;
  let isLaunched = false;
  let launchCount = 0;
  let lastCause: unknown;
  for (;;) {
    const state = await inspectServer(cluster);
    if (state.at !== 'unclear') unclearMs = undefined;
    switch (state.at) {
      case 'unclear':
        unclearMs ??= clock.now();
        if (clock.now() - unclearMs > UNCLEAR_LIMIT_MS) await removePidFile(cluster, state.text);
        break;

      case 'stale':
        await removePidFile(cluster, state.text);
        continue;

      case 'absent': {
        if (launchCount >= LAUNCH_LIMIT) throw cannotRun(dataDir, messageOf(lastCause), lastCause);
        const launch = await launchServer(place, clock, socketDir);
        isLaunched = launch.at === 'ready';
        if (launch.at === 'ready') {
          launchCount++;
          continue;
        }
        const after = await inspectServer(cluster);
        const isRemnant = REMNANT_WORDS.test(launch.words) && clock.now() - startMs < REMNANT_LIMIT_MS;
        if (after.at === 'absent' && !isRemnant) throw cannotRun(dataDir, launch.words);
        if (after.at === 'stale' && !isRemnant) throw cannotRun(dataDir, launch.words);
        break;
      }

      case 'starting':
        break; // a recovery takes the time it takes

      case 'stopping':
        if (clock.now() - startMs > WAIT_LIMIT_MS) throw inUse(dataDir);
        break;

      case 'ready': {
        const url = urlOf(state.socketDir);
        const attempt = await takeLock(url);
        if (attempt.at === 'taken') throw inUse(dataDir);
        if (attempt.at === 'held') {
          if (socketDir === undefined || state.socketDir === socketDir) {
            await removeOldSocketFolders(place.tempDir, dataDir, state.socketDir, place.user);
            const { client, lost } = attempt;
            return { url, pid: state.pid, socketDir: state.socketDir, client, lost, joined: !isLaunched };
          }
          // Ours by the lock, but where our clients do not look for it.
          await stopServer(cluster, state.pid, { signal: 'SIGINT', limitMs: STOP_LIMIT_MS, clock });
          break;
        }
        lastCause = attempt.cause;
        if (attempt.at === 'refused') {
          // Its socket is gone, or it knows another user. Whoever uses it keeps it; if nobody does, ours takes its place.
          refusedMs ??= clock.now();
          if (await hasClients(state.pid, ROLE)) {
            if (clock.now() - refusedMs > CLIENTS_LIMIT_MS) throw inUse(dataDir);
            break;
          }
          const isGone = await stopServer(cluster, state.pid, { signal: 'SIGTERM', limitMs: STOP_LIMIT_MS, clock });
          if (!isGone) throw inUse(dataDir);
        } else if (clock.now() - startMs > WAIT_LIMIT_MS) throw cannotRun(dataDir, messageOf(lastCause), lastCause);
        break;
      }
    }
    await pause(clock, POLL_MS);
  }
}

/** Understood by `pg` and by psql; the socket in `host` wins over the host that makes it a URL for everyone. */
function urlOf(socketDir: string): string {
  return `postgres://${ROLE}@localhost:5432/postgres?host=${encodeURIComponent(socketDir)}&sslmode=disable`;
}

function inUse(dataDir: string): BridgeError {
  return new BridgeError(
    'DATA_DIR_IN_USE',
    `The data directory ${dataDir} is in use by another bridge: stop that one, or give this one a DATA_DIR of its own.`,
    { dataDir },
  );
}

function cannotRun(dataDir: string, words: string, cause?: unknown): BridgeError {
  return new BridgeError(
    'EMBEDDED_DATABASE_UNAVAILABLE',
    `The embedded database in ${dataDir} does not start (${words}): postgres.log there says more.`,
    { dataDir },
    { cause },
  );
}
