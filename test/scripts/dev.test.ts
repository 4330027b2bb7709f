import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { builtProcess } from '../built-process.js';

/** The local stack as `npm run dev` starts it, in a group of its own, with its data in a folder of its own. */
async function startDev() {
  const folder = await mkdtemp(join(tmpdir(), 'dev-'));
  await chmod(folder, 0o755);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const child = spawn(process.execPath, [builtProcess('scripts/dev.ts'), '--port', '0'], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  const until = (words: string) =>
    new Promise<void>((resolve) => {
      child.stdout.on('data', (text: Buffer) => {
        output += text;
        if (output.includes(words)) resolve();
      });
    });
  return {
    folder,
    until,
    exit: once(child, 'close') as Promise<[number | null, string | null]>,
    /** As the terminal sends it: to the whole group. */
    interrupt: () => process.kill(-child.pid!, 'SIGINT'),
    /** Databases that are there; one is removed when its server has ended. */
    databases: async () => (await readdir(folder)).filter((name) => name.startsWith('oratio-data-')),
  };
}

it('the local stack stops its database when it is interrupted twice at once', async () => {
  const dev = await startDev();
  await dev.until('Ctrl-C stops everything.');
  expect(await dev.databases()).toHaveLength(1);

  dev.interrupt();
  dev.interrupt();
  await dev.until('Stopping.');
  dev.interrupt();

  expect(await dev.exit).toEqual([0, null]);
  expect(await dev.databases()).toEqual([]);
});

it('the local stack stops its database when it is interrupted while it starts', async () => {
  const dev = await startDev();
  for await (const _change of watch(dev.folder)) if ((await dev.databases()).length > 0) break;

  dev.interrupt();
  dev.interrupt();

  expect(await dev.exit).toEqual([0, null]);
  expect(await dev.databases()).toEqual([]);
});
