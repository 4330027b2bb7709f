import { createHash } from 'node:crypto';
import { chmod, cp, lstat, mkdtemp, readdir, readlink, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BridgeError } from '../../errors.js';

/**
 * A copy of `folder` under `tempDir` that every user can read; made once, complete or not at all, also when two start
 * at once or when the system's cleaning has taken files out of it. Only the superuser calls this.
 */
export async function shareFolder(folder: string, tempDir: string): Promise<string> {
  const wanted = await listing(folder);
  const hash = createHash('sha256').update(wanted.join('\n')).digest('hex').slice(0, 16);
  const target = join(tempDir, `oratio-postgresql-${hash}`);
  if (await isCopy(target, wanted)) return target;
  const fresh = await mkdtemp(`${target}.new-`);
  try {
    await cp(folder, fresh, { recursive: true, verbatimSymlinks: true });
    await openToAll(fresh);
    await putInPlace(fresh, target, wanted);
    return target;
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function putInPlace(fresh: string, target: string, wanted: readonly string[]): Promise<void> {
  try {
    await rename(fresh, target);
  } catch (error) {
    if (!isTaken(error)) throw error;
    if (await isCopy(target, wanted)) return;
    const damaged = await mkdtemp(`${target}.old-`);
    await rename(target, damaged);
    await rename(fresh, target).catch((renameError: unknown) => {
      if (!isTaken(renameError)) throw renameError;
    });
    await rm(damaged, { recursive: true, force: true });
  }
}

function isTaken(error: unknown): boolean {
  return ['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Whether the copy stands, whole. The temporary folder is everyone's: what another user put there is never run. */
async function isCopy(target: string, wanted: readonly string[]): Promise<boolean> {
  const found = await lstat(target).catch(() => undefined);
  if (!found) return false;
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0) {
    throw new BridgeError(
      'EMBEDDED_DATABASE_UNAVAILABLE',
      `${target}, where PostgreSQL's programs are to be copied to, was put there by another user: remove it, or set DATABASE_URL.`,
    );
  }
  const there = await listing(target);
  return there.length === wanted.length && there.every((line, index) => line === wanted[index]);
}

/** Every path below with what tells a change: the size of a file, the target of a link. */
async function listing(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const lines = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length);
    if (entry.isDirectory()) return `${name}/`;
    if (entry.isSymbolicLink()) return `${name} -> ${await readlink(path)}`;
    return `${name} ${(await lstat(path)).size}`;
  });
  return (await Promise.all(lines)).sort();
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const changes = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, (await lstat(path)).mode & 0o100 ? 0o755 : 0o644);
  });
  await Promise.all(changes);
}
