import { open } from 'node:fs/promises';
import { type Disk, type DiskFile, fileOf, localDisk } from '../src/disk.js';

/** What a broken disk answers, by its code. */
export type DiskFault = 'ENOSPC' | 'EROFS' | 'EIO';

/** A disk of this machine whose faults a test decides about; as root as well, and without mounting anything. */
export interface FaultyDisk extends Disk {
  /** Every write, and every new file, fails with this from now on; undefined: it works again. */
  fault: DiskFault | undefined;
  /** The end of a file does not reach the medium. */
  failsToSync: boolean;
  freeBytes: number;
  /** Files that are open now. */
  readonly openFiles: number;
  /** Resolves when nothing is at work with it. */
  idle(): Promise<void>;
  /** Writes take until what is answered is called. */
  hold(): () => void;
}

export function faultyDisk(): FaultyDisk {
  let openFiles = 0;
  let atWork = 0;
  let gate: Promise<void> = Promise.resolve();
  const failed = (code: string) => Object.assign(new Error(`${code}: it does not work`), { code });
  const inner = localDisk({
    async open(path) {
      if (disk.fault) throw failed(disk.fault);
      const file = fileOf(await open(path, 'wx', 0o600));
      openFiles++;
      return watched(file);
    },
    room: async () => ({ freeBytes: disk.freeBytes, allBytes: 100e9 }),
  });
  const watched = (file: DiskFile): DiskFile => ({
    async write(bytes, offset, length, position) {
      await gate;
      if (!disk.fault) return file.write(bytes, offset, length, position);
      // A disk that is getting full takes some of it first.
      if (length > 100) await file.write(bytes, offset, 99, position);
      throw failed(disk.fault);
    },
    async truncate(byteLength) {
      if (disk.fault === 'EROFS') throw failed(disk.fault);
      await file.truncate(byteLength);
    },
    async sync() {
      if (disk.failsToSync) throw failed('EIO');
      await file.sync();
    },
    async close() {
      openFiles--;
      await file.close();
    },
  });
  const disk: FaultyDisk = {
    create: (path) => inner.create(path),
    run(work) {
      atWork++;
      return inner.run(work).finally(() => atWork--);
    },
    async idle() {
      do await new Promise((resolve) => setImmediate(resolve));
      while (atWork > 0);
    },
    fault: undefined,
    failsToSync: false,
    freeBytes: 50e9,
    get openFiles() {
      return openFiles;
    },
    hold() {
      let go = (): void => undefined;
      gate = new Promise((resolve) => {
        go = resolve;
      });
      return go;
    },
  };
  return disk;
}
