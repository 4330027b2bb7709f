import { mkdir, realpath, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Clock, realClock } from '../../clock.js';
import { BridgeError } from '../../errors.js';
import type { Logger } from '../../log.js';
import { findNativeFolder, prepareBinaries } from './binaries.js';
import { bringUp, type Held } from './bring-up.js';
import { dataDirError, findCluster, makeCluster } from './cluster.js';
import { findDatabaseUser, firstClosedFolder } from './database-user.js';
import type { Place } from './launch.js';
import { inspectServer, stopServer } from './postmaster.js';
import { findTempFolder } from './temp-folder.js';

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly log: Logger;
  /** For sockets and copies of programs; the system's temporary folder unless said otherwise. */
  readonly tempDir?: string;
  /** Where PostgreSQL's programs are; the installed package unless said otherwise. */
  readonly nativeDir?: string;
  readonly clock?: Clock;
}

export interface EmbeddedServer {
  /** For `pg`: over a Unix socket that only this user (and root) can reach. */
  readonly url: string;
  /** The server outlived an earlier bridge and was found running. */
  readonly joined: boolean;
  /** Stops the server in order. May be called twice. */
  stop(): Promise<void>;
}

const STOP_LIMIT_MS = 20_000;
const QUIT_LIMIT_MS = 5000;
const REVIVE_MS = 200;
const REVIVE_AGAIN_MS = 2000;

/**
 * The database of `dataDir` (made when there is none), for this bridge alone. It survives the end of this process; while
 * this process lives, a server that ends is started again. Rejects with DATA_DIR_IN_USE, DATA_DIR_INACCESSIBLE,
 * STORE_INCOMPATIBLE or EMBEDDED_DATABASE_UNAVAILABLE, each in one sentence that says what to do.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { log, clock = realClock() } = options;
  const place = await findPlace(options);
  let state: { at: 'held'; held: Held } | { at: 'lost' } | { at: 'stopped' };
  let cancelRevival = (): void => undefined;
  let revival: Promise<void> = Promise.resolve();
  let stopping: Promise<void> | undefined;
  /** Since when it was lost it could not be started again, which is told once. */
  let staysLost = false;

  const hold = (held: Held) => {
    state = { at: 'held', held };
    void held.lost.then(() => {
      if (state.at !== 'held' || state.held !== held || stopping) return;
      state = { at: 'lost' };
      log.warn({ code: 'STORE_UNAVAILABLE' }, 'embedded database lost');
      reviveIn(REVIVE_MS, held.socketDir);
    });
  };
  const reviveIn = (delayMs: number, socketDir: string) => {
    cancelRevival = clock.after(delayMs, () => {
      revival = revive(socketDir);
    });
  };
  const revive = async (socketDir: string) => {
    try {
      hold(await bringUp(place, clock, socketDir));
      staysLost = false;
      log.info('embedded database runs again');
    } catch (error) {
      const fields = { err: error, code: error instanceof BridgeError ? error.code : 'INTERNAL' };
      log[staysLost ? 'debug' : 'error'](fields, 'embedded database stays lost: its start is tried every two seconds');
      staysLost = true;
      if (!stopping) reviveIn(REVIVE_AGAIN_MS, socketDir);
    }
  };
  const stop = async () => {
    cancelRevival();
    await revival;
    const last = state;
    state = { at: 'stopped' };
    // Without the lock the server may be another bridge's.
    if (last.at === 'held') await stopHeld(place, last.held, clock, log);
  };

  const first = await bringUp(place, clock);
  hold(first);
  log.info({ joined: first.joined, dataDir: place.dataDir }, 'embedded database runs');
  return {
    url: first.url,
    joined: first.joined,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** Finds or makes everything a server needs; whatever is missing or wrong is said here. */
async function findPlace(options: EmbeddedOptions): Promise<Place> {
  const { dataDir: given, tempDir: wished, nativeDir = findNativeFolder() } = options;
  const isRoot = process.getuid?.() === 0;
  const mode = isRoot ? 0o711 : 0o700;
  const dataDir = await mkdir(resolve(given), { recursive: true, mode })
    // On a read-only file system Node's recursive form speaks of a missing folder; the plain one names the cause.
    .catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? mkdir(resolve(given)) : Promise.reject(error)))
    .then(() => realpath(given))
    .catch((error: unknown) => {
      throw dataDirError(resolve(given), error);
    });
  const cluster = join(dataDir, 'postgres');
  const found = await findCluster(cluster);
  const user = await findDatabaseUser(found?.owner);
  if (found && found.owner.uid !== user.uid) {
    const owner = isRoot ? 'root, as whom PostgreSQL does not run' : `user id ${found.owner.uid}, not to ${user.name}`;
    throw new BridgeError(
      'DATA_DIR_INACCESSIBLE',
      `The database in ${cluster} belongs to ${owner}: change its owner with chown -R, or choose another DATA_DIR.`,
    );
  }
  const closed = await firstClosedFolder(user, dataDir);
  if (closed !== undefined) {
    throw new BridgeError(
      'DATA_DIR_INACCESSIBLE',
      `The bridge runs as root and its database as ${user.name}, who cannot enter ${closed}: allow it with chmod o+x, choose another DATA_DIR, or set DATABASE_URL.`,
      { dataDir, closed },
    );
  }
  const tempDir = await findTempFolder(user, wished);
  const binaries = await prepareBinaries(nativeDir, user, tempDir);
  if (found && found.major !== binaries.major) {
    throw new BridgeError(
      'STORE_INCOMPATIBLE',
      `The database in ${cluster} was made by PostgreSQL ${found.major} and this bridge brings ${binaries.major}: move it over with pg_dump, use the earlier bridge, or choose another DATA_DIR.`,
    );
  }
  if (!found) await makeCluster(cluster, binaries, user);
  return { dataDir, cluster, tempDir, user, binaries };
}

/** Sessions end with the server: the lock is never free while it still runs. */
async function stopHeld(place: Place, held: Held, clock: Clock, log: Logger): Promise<void> {
  try {
    const state = await inspectServer(place.cluster);
    const pid = 'pid' in state ? state.pid : held.pid;
    if (!(await stopServer(place.cluster, pid, { signal: 'SIGINT', limitMs: STOP_LIMIT_MS, clock }))) {
      log.warn({ pid }, 'embedded database does not stop in order');
      await stopServer(place.cluster, pid, { signal: 'SIGQUIT', limitMs: QUIT_LIMIT_MS, clock });
    }
    await rm(held.socketDir, { recursive: true, force: true });
  } catch (error) {
    log.error({ err: error, code: 'STORE_UNAVAILABLE' }, 'embedded database could not be stopped');
  } finally {
    await held.client.end().catch(() => undefined);
  }
}
