import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BridgeError, messageOf } from '../../errors.js';
import type { Binaries } from './binaries.js';
import { runCommand } from './command.js';
import type { DatabaseUser } from './database-user.js';
import { ROLE } from './settings.js';

export interface FoundCluster {
  readonly major: string;
  readonly owner: { readonly uid: number; readonly gid: number };
}

/** Looks at what stands at `cluster`; undefined when nothing does (or an empty folder). Coded errors for all else. */
export async function findCluster(cluster: string): Promise<FoundCluster | undefined> {
  try {
    const names = await readdir(cluster);
    if (names.length === 0) return undefined;
    const major = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim();
    const { uid, gid } = await stat(cluster);
    return { major, owner: { uid, gid } };
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && path === cluster) return undefined;
    if (code === 'ENOENT') {
      throw new BridgeError(
        'DATA_DIR_INACCESSIBLE',
        `${cluster} holds files but no database: move them away or choose another DATA_DIR.`,
        { cluster },
      );
    }
    throw dataDirError(cluster, error);
  }
}

/**
 * Makes the cluster in a folder beside its place and renames it when it is complete: whatever happens in between,
 * there is a whole cluster or none. Two that do this at once end with one cluster.
 */
export async function makeCluster(cluster: string, binaries: Binaries, user: DatabaseUser): Promise<void> {
  await removeHalfMade(cluster);
  const fresh = `${cluster}.new-${process.pid}-${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(fresh, { mode: 0o700 });
    if (user.runAs) await chown(fresh, user.runAs.uid, user.runAs.gid);
    const outcome = await runCommand(
      binaries.initdb,
      [
        `--pgdata=${fresh}`,
        `--username=${ROLE}`,
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--auth-local=peer',
        '--auth-host=reject',
        '--no-instructions',
      ],
      user.runAs,
    );
    if (!outcome.isOk) throw initdbError(dirname(cluster), outcome.output);
    await rename(fresh, cluster).catch(async (error: NodeJS.ErrnoException) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error;
      if (!(await findCluster(cluster))) throw error;
    });
    await syncFolder(dirname(cluster));
  } catch (error) {
    throw dataDirError(cluster, error);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Older than this, a half-made cluster is nobody's work any more, even if a process has its maker's id. */
const HALF_MADE_LIMIT_MS = 600_000;

/** What bridges left that were killed while they made a cluster. */
async function removeHalfMade(cluster: string): Promise<void> {
  const folder = dirname(cluster);
  const leftOver = new RegExp(`^${basename(cluster)}\\.new-(\\d+)-`);
  for (const name of await readdir(folder)) {
    const pid = Number(leftOver.exec(name)?.[1]);
    if (!pid) continue;
    const path = join(folder, name);
    const { mtimeMs = 0 } = await stat(path).catch(() => ({ mtimeMs: undefined }));
    if (isAlive(pid) && Date.now() - mtimeMs < HALF_MADE_LIMIT_MS) continue;
    // An initdb that outlived its bridge may still be writing there; the next start finds what is left.
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function initdbError(dataDir: string, output: string): BridgeError {
  if (/No space left|quota exceeded/i.test(output)) {
    return new BridgeError('DATA_DIR_INACCESSIBLE', `There is no space left in ${dataDir} for the database.`, {
      output,
    });
  }
  const lines = output.split('\n').filter((line) => /error|fatal|panic|ended by|could not|cannot/i.test(line));
  const words = (lines.length > 0 ? lines.slice(0, 3) : output.split('\n').slice(-3)).join(' ').trim();
  return new BridgeError(
    'EMBEDDED_DATABASE_UNAVAILABLE',
    `The embedded database could not be made in ${dataDir} (${words}): put that right, or set DATABASE_URL.`,
    { output },
  );
}

/** An error of the file system below the data directory, in words. */
export function dataDirError(path: string, error: unknown): BridgeError {
  if (error instanceof BridgeError) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  const user = `the bridge's user (id ${process.getuid?.()})`;
  const words: Readonly<Record<string, string>> = {
    EACCES: `${path} cannot be read and written by ${user}: change its owner or mode, or choose another DATA_DIR.`,
    EROFS: `${path} is on a read-only file system: choose a DATA_DIR that can be written.`,
    ENOTDIR: `${path} is not a folder, or lies below a file: choose another DATA_DIR.`,
    EEXIST: `${path} is a file and not a folder: choose another DATA_DIR.`,
    ENOSPC: `There is no space left for ${path}.`,
    EDQUOT: `The disk quota leaves no space for ${path}.`,
    EBUSY: `${path} is a mount point, and must be an ordinary folder: mount the volume at the folder above it, DATA_DIR itself.`,
  };
  const sentence = words[code === 'EPERM' ? 'EACCES' : code] ?? `${path} cannot be used: ${messageOf(error)}.`;
  return new BridgeError('DATA_DIR_INACCESSIBLE', sentence, { path }, { cause: error });
}
