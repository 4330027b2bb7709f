import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Finding } from './check.js';

const SCARCE_BYTES = 1_000_000_000;

/** Whether files can be made in a directory, or the directory itself where it is still missing. Nothing is written. */
export async function inspectDirectory(path: string): Promise<Finding> {
  let place = resolve(path);
  try {
    while (!(await exists(place))) place = dirname(place);
    if (!(await stat(place)).isDirectory())
      return failed(`${place} is a file and no directory`, 'Choose another place.');
    await access(place, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = await statfs(place);
    const freeBytes = bavail * bsize;
    const room = `${(freeBytes / 1e9).toFixed(1)} GB free`;
    const says = place === resolve(path) ? `${place} can be written, ${room}` : `${path} can be made, ${room}`;
    if (freeBytes >= SCARCE_BYTES) return { state: 'ok', says };
    return { state: 'warning', says, advice: 'Make room: a call that is recorded takes 2 MB a minute.' };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code === 'EROFS')
      return failed(`${place} is on a read-only file system`, 'Mount a volume there that can be written.');
    if (code === 'EACCES' || code === 'EPERM') {
      const user = process.getuid?.() ?? 'unknown';
      return failed(
        `${place} cannot be written by this user (id ${user})`,
        'Run the doctor as the same user as the bridge; if it is, give that user the directory with chown.',
      );
    }
    return failed(`${place} cannot be used: ${message}`, 'Choose another place.');
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function failed(says: string, advice: string): Finding {
  return { state: 'failed', says, advice };
}
