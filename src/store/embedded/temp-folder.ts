import { createHash } from 'node:crypto';
import { access, chmod, constants, lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BridgeError } from '../../errors.js';
import { type DatabaseUser, findDatabaseUser, firstClosedFolder } from './database-user.js';

/** The shortest limit of a Unix socket's path that we meet, in bytes: macOS 103, Linux 107. */
const SOCKET_PATH_LIMIT_BYTES = 103;
const SOCKET_NAME = '.s.PGSQL.5432';

/**
 * A folder for sockets and copies of programs that the database user can enter and whose name is short enough:
 * the one wished for, else /tmp.
 */
export async function findTempFolder(user: DatabaseUser, wished: string = tmpdir()): Promise<string> {
  const longest = join(wished, `${socketPrefix('')}XXXXXX`, SOCKET_NAME);
  for (const folder of Buffer.byteLength(longest) <= SOCKET_PATH_LIMIT_BYTES ? [wished, '/tmp'] : ['/tmp']) {
    const isUsable = await access(folder, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isUsable && (await firstClosedFolder(user, folder)) === undefined) return folder;
  }
  throw new BridgeError(
    'EMBEDDED_DATABASE_UNAVAILABLE',
    `Neither ${wished} nor /tmp can be written by the bridge and entered by the database's user (${user.name}): set TMPDIR to a folder that everybody can enter, or set DATABASE_URL.`,
  );
}

/** What the names of all socket folders of a data directory begin with. */
export function socketPrefix(dataDir: string): string {
  return `oratio-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}-`;
}

/** Removes socket folders that earlier servers of this data directory left. */
export async function removeOldSocketFolders(tempDir: string, dataDir: string, current: string, user: DatabaseUser) {
  const prefix = socketPrefix(dataDir);
  for (const name of await readdir(tempDir)) {
    const path = join(tempDir, name);
    if (!name.startsWith(prefix) || path === current) continue;
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory() && (found.uid === user.uid || found.uid === process.getuid?.())) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

/** A data directory for a while: for demo, dev and tests. */
export interface TemporaryDataDir {
  readonly path: string;
  /** Removes it with everything in it; the server in it must be stopped before. */
  remove(): Promise<void>;
}

/** A new data directory with a short name that the database user can enter, also when this process is root. */
export async function temporaryDataDir(wishedTempDir?: string): Promise<TemporaryDataDir> {
  const tempDir = await findTempFolder(await findDatabaseUser(undefined), wishedTempDir);
  const path = await mkdtemp(join(tempDir, 'oratio-data-'));
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}
