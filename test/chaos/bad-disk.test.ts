import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { disturbedDisk } from '../../src/chaos/bad-disk.js';
import { FakeClock } from '../../src/clock.js';
import { localDisk, writeAll } from '../../src/disk.js';

const clock = new FakeClock(0);
const setDisk = disturbedDisk(clock);
afterEach(() => setDisk(undefined));

async function newFile() {
  const folder = await mkdtemp(join(tmpdir(), 'bad-disk-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'a');
  const file = await localDisk().create(path);
  onTestFinished(() => file.close());
  return {
    write: (text: string, at: number) => writeAll(file, Buffer.from(text), at),
    read: () => readFile(path, 'utf8'),
  };
}

it('a disk that is full takes nothing of an open file until it is not', async () => {
  const { write, read } = await newFile();
  await write('one', 0);

  setDisk('full');
  const failed = expect(write('two', 3)).rejects.toMatchObject({ code: 'ENOSPC' });
  clock.advance(0);
  await failed;
  expect(await read()).toBe('one');

  setDisk(undefined);
  await write('two', 3);
  expect(await read()).toBe('onetwo');
});

it('a disk that is slow writes, late', async () => {
  const { write, read } = await newFile();

  setDisk('slow');
  const written = write('one', 0);
  clock.advance(1000);
  expect(await read()).toBe('');

  clock.advance(1000);
  await written;
  expect(await read()).toBe('one');
});
