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
  const before = process.env.NODE_ENV;
  // Else a test runner gets the debug build of React: several times slower, and not what people use.
  process.env.NODE_ENV = 'production';
  try {
    // A server that runs goes on with the files of the page that it has.
    await build({ configFile: join(SOURCE, 'vite.config.ts'), logLevel: 'warn', build: { emptyOutDir: false } });
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
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
