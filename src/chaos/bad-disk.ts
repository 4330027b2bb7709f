import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { Clock } from '../clock.js';

/** `full`: nothing is written. `slow`: every write takes seconds. */
export type DiskTrouble = 'full' | 'slow';

/** What a write takes on a slow disk, in ms. */
const SLOW_MS = 1500;
/** Standard input, output and error are no files of a disk. */
const LAST_STANDARD_FD = 2;

/**
 * Takes the place of this process's own writes to open files; answers what lets the disk fail from now on (undefined: no
 * more). No quota or mount is needed for it, which a run may not set. For a process that is there to be disturbed.
 */
export function disturbedDisk(clock: Clock): (trouble: DiskTrouble | undefined) => void {
  let trouble: DiskTrouble | undefined;
  fs.write = new Proxy(fs.write, {
    apply(write, self, given: unknown[]) {
      const [fd, callback] = [given[0], given.at(-1)];
      const go = () => Reflect.apply(write, self, given);
      if (trouble === undefined || Number(fd) <= LAST_STANDARD_FD || typeof callback !== 'function') return go();
      if (trouble === 'slow') return void clock.after(SLOW_MS, go);
      const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      return void clock.after(0, () => callback(error, 0));
    },
  });
  syncBuiltinESMExports();
  return (given) => {
    trouble = given;
  };
}
