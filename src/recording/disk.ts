import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { joinInto } from './repair.js';
import { absent, openForReading } from './spool-file.js';
import type { Shelf } from './store.js';

/** Keeps recordings as files `<two last characters>/<callSid>.wav` below a directory, so that none of them gets too full. */
export function diskShelf(directory: string): Shelf {
  const pathOf = (callSid: string) => join(directory, callSid.slice(-2).padStart(2, '_'), `${callSid}.wav`);
  return {
    async put(callSid, path) {
      const target = pathOf(callSid);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      const earlier = await stat(target).catch(absent);
      if (earlier) await joinInto(path, createReadStream(target));
      await move(path, target);
      return { byteLength: (await stat(target)).size };
    },
    open: (callSid, range) => openForReading(pathOf(callSid), range),
    async remove(callSid) {
      const target = pathOf(callSid);
      const found = await stat(target).catch(absent);
      await rm(target, { force: true });
      return found !== undefined;
    },
    close: () => undefined,
  };
}

async function move(path: string, target: string): Promise<void> {
  try {
    await rename(path, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    // Another file system: what is half copied must never look like a recording.
    const copy = `${target}.part`;
    await copyFile(path, copy);
    await syncPath(copy);
    await rename(copy, target);
    await rm(path);
  }
  await syncPath(dirname(target));
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
