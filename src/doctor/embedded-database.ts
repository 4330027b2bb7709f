import { realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { BridgeError, messageOf } from '../errors.js';
import { findNativeFolder, prepareBinaries } from '../store/embedded/binaries.js';
import { findCluster } from '../store/embedded/cluster.js';
import { findDatabaseUser, firstClosedFolder } from '../store/embedded/database-user.js';
import { hasClients, inspectServer } from '../store/embedded/postmaster.js';
import { ROLE } from '../store/embedded/settings.js';
import type { Finding } from './check.js';
import { type DatabaseFacts, inspectDatabase } from './database-server.js';
import { judgeDatabase } from './database-verdict.js';
import { inspectDirectory } from './storage.js';

/** The embedded database from outside: a server that runs is asked, none is started, no lock is taken. */
export async function embeddedDatabase(
  dataDir: string,
  clock: Clock,
  learn: (facts: DatabaseFacts) => void,
  signal: AbortSignal,
): Promise<Finding> {
  const directory = await inspectDirectory(dataDir);
  if (directory.state === 'failed') return directory;
  try {
    const cluster = join(await realpath(dataDir).catch(() => dataDir), 'postgres');
    const found = await findCluster(cluster);
    const server = found ? await inspectServer(cluster) : ({ at: 'absent' } as const);
    if (server.at === 'ready') return await askServer(server, dataDir, clock, learn, signal);
    const { major } = await prepareBinaries(findNativeFolder(), NO_OTHER_USER, tmpdir());
    if (!found)
      return { ...directory, says: `${directory.says}; PostgreSQL ${major} will be set up there at the first start` };
    if (found.major !== major) {
      return {
        state: 'failed',
        says: `the database in ${cluster} was made by PostgreSQL ${found.major} and this bridge brings ${major}`,
        advice: 'Move it over with pg_dump, use the earlier bridge, or choose another DATA_DIR.',
      };
    }
    const user = await databaseUser(found.owner);
    const closed = user && (await firstClosedFolder(user, dataDir));
    if (closed !== undefined) {
      return {
        state: 'failed',
        says: `the database runs as ${user?.name}, who cannot enter ${closed}`,
        advice: `Allow it with chmod o+x ${closed}, choose another DATA_DIR, or set DATABASE_URL.`,
      };
    }
    if (server.at === 'starting' || server.at === 'stopping') {
      return { state: 'warning', says: `the server in ${cluster} is ${server.at}`, advice: 'Ask again in a moment.' };
    }
    return {
      ...directory,
      says: `${directory.says}; PostgreSQL ${major} runs there when the bridge does (it does not now)`,
    };
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    return {
      state: 'failed',
      says: error.message,
      advice: 'The bridge does not start before that is put right; with DATABASE_URL it needs none of it.',
    };
  }
}

/** The programs are only asked for their version, which they also tell root. */
const NO_OTHER_USER = { name: '', uid: -1, runAs: undefined } as const;

/** Only for a cluster that is there: looking for its user makes none. */
async function databaseUser(owner: { uid: number; gid: number }) {
  return process.getuid?.() === 0 && owner.uid !== 0 ? findDatabaseUser(owner) : undefined;
}

async function askServer(
  server: { pid: number; socketDir: string },
  dataDir: string,
  clock: Clock,
  learn: (facts: DatabaseFacts) => void,
  signal: AbortSignal,
): Promise<Finding> {
  const isUsed = await hasClients(server.pid, ROLE);
  const place = `${dataDir} ${isUsed ? 'is in use by a bridge that runs' : 'has a server that no bridge uses at the moment'}`;
  try {
    const facts = await inspectDatabase(
      { host: server.socketDir, port: 5432, user: ROLE, database: 'postgres' },
      clock,
      signal,
    );
    learn(facts);
    return judgeDatabase(facts, place);
  } catch (error) {
    return {
      state: 'warning',
      says: `${place}; it does not let this user in: ${messageOf(error)}`,
      advice: 'Run the doctor as the same user as the bridge: it looks at numbers and agents then, too.',
    };
  }
}
