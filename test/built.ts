import { mkdir, readdir, rm } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'vite';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Below the packages' folder, so that what was built finds them; of this run alone, so that runs beside it keep theirs. */
const FOLDER = `${ROOT}out/tests-${process.pid}/`;
const OF_RUNS = /^tests-(\d+)$/;

/** What tests start as processes of their own. */
const ENTRIES = [
  'src/main.ts',
  'src/creator-process.ts',
  'src/creator/gates/checking-process.ts',
  'src/fixture-maker/worker.ts',
  'src/knowledge/reading-process.ts',
  'scripts/dev.ts',
  'test/blackbox/recording-process.ts',
  'test/recording/writer.ts',
  'test/store/embedded-bridge.ts',
  'test/store/survival-writer.ts',
];

/** Files that start one of these, and look for it beside themselves. */
const STARTERS = [
  'src/creator-services.ts',
  'src/creator/gates/separate.ts',
  'src/fixture-maker/archives.ts',
  'src/knowledge/document-reader.ts',
];

/** Lets them find what was built: they start it as the built bridge does. */
export function startersOfBuilt(): Plugin {
  return {
    name: 'starters-of-built',
    enforce: 'pre',
    transform(code, id) {
      const source = STARTERS.find((each) => id === ROOT + each);
      return source && placed(code, pathToFileURL(FOLDER + builtName(source)).href);
    },
  };
}

/** All other files of one bundle look for what belongs to them beside their sources. */
function besideSources(): Plugin {
  return {
    name: 'beside-sources',
    enforce: 'pre',
    transform: (code, id) =>
      id.startsWith(ROOT) && !id.includes('/node_modules/') ? placed(code, pathToFileURL(id).href) : undefined,
  };
}

/** On the same line, so that lines of stack traces stay right. */
function placed(code: string, url: string) {
  return code.includes('import.meta.url')
    ? { code: code.replaceAll('import.meta.url', JSON.stringify(url)), map: null }
    : undefined;
}

const builtName = (source: string) => source.replace(/\.ts$/, '.js');

/**
 * Bundles what tests start as processes of their own, without the packages: translated while it starts, a bridge takes three
 * times as long. Answers the folder, and how to remove it.
 */
export async function buildProcesses(): Promise<{ folder: string; remove(): Promise<void> }> {
  await mkdir(FOLDER, { recursive: true });
  await removeLeft();
  await build({
    configFile: false,
    root: ROOT,
    publicDir: false,
    logLevel: 'warn',
    plugins: [startersOfBuilt(), besideSources()],
    build: {
      ssr: true,
      target: 'node20',
      outDir: FOLDER,
      emptyOutDir: false,
      sourcemap: true,
      rolldownOptions: {
        input: Object.fromEntries(ENTRIES.map((source) => [builtName(source), ROOT + source])),
        output: { entryFileNames: '[name]', chunkFileNames: 'shared/[name]-[hash].js' },
      },
    },
  });
  return { folder: FOLDER, remove: () => rm(FOLDER, { recursive: true, force: true }) };
}

/** A run that is killed leaves its folder behind. */
async function removeLeft(): Promise<void> {
  for (const name of await readdir(`${ROOT}out`)) {
    const pid = Number(OF_RUNS.exec(name)?.[1] ?? process.pid);
    if (!isAlive(pid)) await rm(`${ROOT}out/${name}`, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
