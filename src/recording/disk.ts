import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { filesIn } from '../disk.js';
import { BridgeError, messageOf } from '../errors.js';
import { joinInto } from './repair.js';
import { absent, openForReading } from './spool-file.js';
import type { Shelf } from './store.js';

/** Answers of file systems that have no hard links. */
const LINKS_UNKNOWN = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** Keeps recordings as files `<two last characters>/<callSid>.wav` below a directory, so that none of them gets too full. */
export function diskShelf(directory: string): Shelf {
  const pathOf = (callSid: string) => join(directory, callSid.slice(-2).padStart(2, '_'), `${callSid}.wav`);
  return {
    async put(callSid, path) {
      const target = pathOf(callSid);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      // Another process may keep a piece of the same call now, or remove it.
      for (let isKept = false; !isKept; ) isKept = (await place(path, target)) || (await joinThere(path, target));
      await syncPath(dirname(target));
      return { byteLength: (await stat(target)).size };
    },
    async open(callSid, range) {
      try {
        return await openForReading(pathOf(callSid), range);
      } catch (error) {
        if (error instanceof BridgeError) throw error;
        throw new BridgeError('STORE_UNAVAILABLE', messageOf(error), {}, { cause: error });
      }
    },
    async remove(callSid) {
      const target = pathOf(callSid);
      const found = await stat(target).catch(absent);
      await rm(target, { force: true });
      return found !== undefined;
    },
    async callSids() {
      const folders = (await filesIn(directory)).filter((name) => name.length === 2);
      const names = [];
      for (const folder of folders) names.push(...(await filesIn(join(directory, folder))));
      return names.flatMap((name) => /^([A-Za-z0-9_-]{1,64})\.wav$/.exec(name)?.[1] ?? []);
    },
    close: () => undefined,
  };
}

/** Gives the file its place; false when there is one already. It stays where it was as well. */
async function place(path: string, target: string): Promise<boolean> {
  try {
    await link(path, target);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code === 'EXDEV') return placeCopy(path, target);
    if (!LINKS_UNKNOWN.includes(code)) throw error;
    if (await stat(target).catch(absent)) return false;
    await rename(path, target);
    return true;
  }
}

/** From another file system: what is half copied must never look like a recording. */
async function placeCopy(path: string, target: string): Promise<boolean> {
  if (await stat(target).catch(absent)) return false;
  const copy = `${target}.${process.pid}.part`;
  try {
    await copyFile(path, copy);
    await syncPath(copy);
    return await place(copy, target);
  } finally {
    await rm(copy, { force: true });
  }
}

/** Joined where it is kept: of two processes that do so at once, neither loses its piece. False when it is gone. */
async function joinThere(path: string, target: string): Promise<boolean> {
  const piece = createReadStream(path);
  try {
    await joinInto(target, piece);
    return true;
  } catch (error) {
    if ((await stat(target).catch(absent)) !== undefined) throw error;
    return false;
  } finally {
    piece.destroy();
  }
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
