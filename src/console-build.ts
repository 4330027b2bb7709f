import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('console/', import.meta.url));
const BUILT = fileURLToPath(new URL('../dist/console/index.html', import.meta.url));

/** Builds the console where its sources are newer than what was built: for who runs the bridge from its sources. */
export async function buildConsole(): Promise<void> {
  if ((await newestMs(SOURCE)) <= (await changedMs(BUILT))) return;
  // A development dependency: production has the console built already.
  const { build } = await import('vite');
  // A server that runs goes on with the files of the page that it has.
  await build({ configFile: join(SOURCE, 'vite.config.ts'), logLevel: 'warn', build: { emptyOutDir: false } });
}

async function newestMs(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Math.max(...(await Promise.all(files.map(changedMs))));
}

async function changedMs(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
