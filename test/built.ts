import { mkdir, readdir, rm } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Plugin, build as viteBuild } from 'vite';
import { onceForRun } from './once.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Below the packages' folder, so that what was built finds them; of this run alone, so that runs beside it keep theirs. */
const FOLDER = `${ROOT}out/tests-${process.pid}/`;
const GIVES_WAY = /^setPriority\(\d+\);/m;
const OF_RUNS = /^tests-(\d+)$/;

/** What tests start as processes of their own, or as a thread. */
const ENTRIES = [
  'src/main.ts',
  'src/asking/thread.ts',
  'src/creator-process.ts',
  'src/creator/gates/checking-process.ts',
  'src/doctor/main.ts',
  'src/fixture-maker/worker.ts',
  'src/knowledge/reading-process.ts',
  'scripts/dev.ts',
  'test/blackbox/recording-process.ts',
  'test/recording/writer.ts',
  'test/store/embedded-bridge.ts',
  'test/store/survival-writer.ts',
];

/**
 * V8's optimising compiler for WebAssembly takes eight seconds of CPU for ruff, which then saves less than one of them: what a
 * test asks is answered sooner without. Set before anything is loaded that is WebAssembly.
 */
const BASELINE_WASM = `import { setFlagsFromString as setV8Flags } from 'node:v8'; setV8Flags('--liftoff-only');`;

/** Files that start one of these, and look for it beside themselves. */
const STARTERS = [
  'src/asking/asked-in-thread.ts',
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

/**
 * What gives way to live calls does not give way here: beside other tests it would get nothing of a machine with few cores,
 * and who waits for it would wait for all of them.
 */
function asImportantAsTests(): Plugin {
  return {
    name: 'as-important-as-tests',
    enforce: 'pre',
    transform: (code, id) =>
      id.startsWith(`${ROOT}src/`) && GIVES_WAY.test(code)
        ? { code: code.replace(GIVES_WAY, 'setPriority(0);'), map: null }
        : undefined,
  };
}

/** On the same line, so that lines of stack traces stay right. */
function placed(code: string, url: string) {
  return code.includes('import.meta.url')
    ? { code: code.replaceAll('import.meta.url', JSON.stringify(url)), map: null }
    : undefined;
}

const builtName = (source: string) => source.replace(/\.ts$/, '.js');

export interface BuiltProcesses {
  readonly folder: string;
  remove(): Promise<void>;
}

/**
 * Bundles what tests start as processes of their own, without the packages, once for all projects of a run: translated while it
 * starts, a bridge takes three times as long. Answers the folder, and how to remove it.
 */
export const buildProcesses = (): Promise<BuiltProcesses> => onceForRun('built', build);

async function build(): Promise<BuiltProcesses> {
  await mkdir(FOLDER, { recursive: true });
  await removeLeft();
  await viteBuild({
    configFile: false,
    root: ROOT,
    publicDir: false,
    logLevel: 'warn',
    plugins: [startersOfBuilt(), besideSources(), asImportantAsTests()],
    build: {
      ssr: true,
      target: 'node20',
      outDir: FOLDER,
      emptyOutDir: false,
      sourcemap: true,
      rolldownOptions: {
        input: Object.fromEntries(ENTRIES.map((source) => [builtName(source), ROOT + source])),
        output: {
          entryFileNames: '[name]',
          chunkFileNames: 'shared/[name]-[hash].js',
          banner: ({ isEntry }) => (isEntry ? BASELINE_WASM : ''),
        },
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
