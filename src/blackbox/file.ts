import { join } from 'node:path';
import { type Disk, type DiskFile, writeAll } from '../disk.js';
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
export function boxFile(folder: string, disk: Disk): BoxFile {
  let opened: Promise<DiskFile> | undefined;
  let writtenBytes = 0;
  let waiting: Buffer[] = [];
  /** Writes what waits when it comes to its turn. */
  let next: Promise<void> | undefined;
  let last: Promise<void> = Promise.resolve();

  const writeWaiting = async () => {
    opened ??= openNew(folder, disk);
    const file = await opened;
    const records = waiting;
    waiting = [];
    next = undefined;
    const bytes = records.length === 1 ? records[0]! : Buffer.concat(records);
    await writeAll(file, bytes, writtenBytes);
    writtenBytes += bytes.length;
  };

  return {
    append(record) {
      waiting.push(record);
      next ??= last.then(() => disk.run(writeWaiting));
      last = next;
      return last;
    },
    async close() {
      await last.catch(() => undefined);
      waiting = [];
      const file = await opened?.catch(() => undefined);
      if (file) await disk.run(() => file.close());
    },
  };
}

async function openNew(folder: string, disk: Disk): Promise<DiskFile> {
  for (let stream = 1; ; stream++) {
    try {
      return await disk.create(join(folder, boxName(stream)));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST' || stream === MOST_STREAMS) throw error;
    }
  }
}
