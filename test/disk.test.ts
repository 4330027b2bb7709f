import { execFile } from 'node:child_process';
import { randomFill } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { fileOf, localDisk, writeAll } from '../src/disk.js';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'disk-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

it('a file is made with its folder, never over another one, and written where it is said', async () => {
  const path = join(await folder(), 'a', 'b', 'file');
  const disk = localDisk();
  const file = await disk.create(path);
  await writeAll(file, Buffer.from('there'), 3);
  await writeAll(file, Buffer.from('say'), 0);
  await file.truncate(6);
  await file.sync();
  await file.close();

  await expect(disk.create(path)).rejects.toMatchObject({ code: 'EEXIST' });
  expect(await readFile(path, 'utf8')).toBe('saythe');
});

it('nothing new is begun on a disk that is nearly full: the database may live there', async () => {
  const path = join(await folder(), 'file');
  let freeBytes = 0;
  const disk = localDisk({ room: async () => ({ freeBytes, allBytes: 100e9 }) });

  freeBytes = 255 * 1024 * 1024;
  await expect(disk.create(path)).rejects.toMatchObject({ code: 'RECORDING_FAILED', cause: { code: 'ENOSPC' } });
  freeBytes = 256 * 1024 * 1024;
  await (await disk.create(path)).close();
});

it('on a small disk that is a twentieth of it', async () => {
  const path = join(await folder(), 'file');
  let freeBytes = 49e6;
  const disk = localDisk({ room: async () => ({ freeBytes, allBytes: 1e9 }) });

  await expect(disk.create(path)).rejects.toMatchObject({ code: 'RECORDING_FAILED' });
  freeBytes = 50e6;
  await (await disk.create(path)).close();
});

it.runIf(process.platform === 'linux')('a device without room says so, and its file can be closed', async () => {
  const file = fileOf(await open('/dev/full', 'w'));
  const refusal = await writeAll(file, Buffer.alloc(10), 0).catch((error: unknown) => error);
  await file.close();

  expect(refusal).toMatchObject({ code: 'ENOSPC' });
});

it('two work with the disk at a time, in the order in which they come, and one that fails holds up nobody', async () => {
  const disk = localDisk();
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const done = [0, 1, 2, 3].map((number) =>
    disk.run(async () => {
      begun.push(number);
      await new Promise<void>((resolve) => {
        ends[number] = resolve;
      });
      if (number === 1) throw new Error('it failed');
    }),
  );
  const failed = done[1]!.catch((error: Error) => error.message);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await turn();
  const first = [...begun];
  ends[1]!();
  await turn();
  const second = [...begun];
  ends[0]!();
  ends[2]!();
  await turn();
  ends[3]!();
  await Promise.all([done[0], done[2], done[3]]);

  expect([first, second, begun]).toEqual([
    [0, 1],
    [0, 1, 2],
    [0, 1, 2, 3],
  ]);
  expect(await failed).toBe('it failed');
});

it('a disk that does not answer leaves threads for everything else', async () => {
  // Whoever opens a pipe with nobody at its other end waits in one of Node's threads, as for a disk that is stuck.
  const pipe = join(await folder(), 'pipe');
  await promisify(execFile)('mkfifo', [pipe]);
  const disk = localDisk();
  const stuck = Array.from({ length: 10 }, () => disk.run(() => open(pipe, 'r')));

  const bytes = await promisify(randomFill)(Buffer.alloc(16));

  expect(bytes).toHaveLength(16);
  const otherEnd = openSync(pipe, 'r+');
  for (const handle of await Promise.all(stuck)) await handle.close();
  closeSync(otherEnd);
});
