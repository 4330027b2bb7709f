import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoxFile } from './writer.js';

/** A call that came back this often is not kept on. */
const MOST_STREAMS = 100;

/** The name of the box of a call's first, second, … media stream. */
export function boxName(stream: number): string {
  return stream === 1 ? 'call.box' : `call-${stream}.box`;
}

/** Which media stream of its call a file is the box of; undefined when it is none. */
export function streamOf(name: string): number | undefined {
  const match = /^call(?:-(\d+))?\.box$/.exec(name);
  return match ? Number(match[1] ?? 1) : undefined;
}

/** A new box in the folder of its call, which is made with the first record. What comes while it writes goes together. */
export function boxFile(folder: string): BoxFile {
  let opened: Promise<FileHandle> | undefined;
  let waiting: Buffer[] = [];
  /** Writes what waits when it comes to its turn. */
  let next: Promise<void> | undefined;
  let last: Promise<void> = Promise.resolve();

  const writeWaiting = async () => {
    opened ??= openNew(folder);
    const handle = await opened;
    const records = waiting;
    waiting = [];
    next = undefined;
    await writeAll(handle, records.length === 1 ? records[0]! : Buffer.concat(records));
  };

  return {
    append(record) {
      waiting.push(record);
      next ??= last.then(writeWaiting);
      last = next;
      return last;
    },
    async close() {
      await last.catch(() => undefined);
      const handle = await opened?.catch(() => undefined);
      await handle?.close();
    },
  };
}

async function openNew(folder: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (let stream = 1; ; stream++) {
    try {
      return await open(join(folder, boxName(stream)), 'ax', 0o600);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST' || stream === MOST_STREAMS) throw error;
    }
  }
}

/** One call of `write` may take less than all of it. */
async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
}
