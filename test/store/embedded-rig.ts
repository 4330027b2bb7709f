import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { realClock } from '../../src/clock.js';
import { createLog } from '../../src/log.js';
import { inspectServer, stopServer } from '../../src/store/embedded/postmaster.js';
import { type EmbeddedOptions, type EmbeddedServer, startEmbedded } from '../../src/store/embedded/server.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { builtProcess } from '../built-process.js';

export interface BridgeOptions {
  readonly dataDir: string;
  readonly tempDir: string;
  readonly nativeDir?: string;
  readonly runAs?: { readonly uid: number; readonly gid: number };
}

export interface BridgeReport {
  readonly url?: string;
  readonly joined?: boolean;
  readonly code?: string;
  readonly message?: string;
}

export interface BridgeProcess {
  readonly child: ChildProcess;
  /** What it said of its start; nothing when it died before. */
  readonly report: Promise<BridgeReport>;
  readonly ended: Promise<unknown>;
}

export const isRoot = process.getuid?.() === 0;

export const execute = promisify(execFile);

/** Real servers below one short folder; everything that a test starts is ended by `release`. */
export async function embeddedRig() {
  const base = await temporaryDataDir();
  const root = await realpath(base.path);
  const tempDir = await makeFolder(join(root, 't'), { mode: 0o1777 });
  const clock = realClock();
  const servers: EmbeddedServer[] = [];
  const children: ChildProcess[] = [];
  const dataDirs = new Set<string>();
  let count = 0;

  return {
    root,
    tempDir,

    /** A path for a data directory of its own, in a folder that exists. */
    newDataDir: () => join(root, `d${++count}`),

    async start(options: Pick<EmbeddedOptions, 'dataDir'> & Partial<EmbeddedOptions>): Promise<EmbeddedServer> {
      dataDirs.add(options.dataDir);
      const server = await startEmbedded({ log: createLog('silent'), tempDir, ...options });
      servers.push(server);
      return server;
    },

    /** A bridge in a process (and process group) of its own. */
    bridge(options: Omit<BridgeOptions, 'tempDir'>): BridgeProcess {
      dataDirs.add(options.dataDir);
      const child = spawn(
        process.execPath,
        [
          builtProcess('test/store/embedded-bridge.ts'),
          JSON.stringify({ tempDir, ...options } satisfies BridgeOptions),
        ],
        { detached: true, stdio: ['ignore', 'pipe', 'inherit'] },
      );
      children.push(child);
      const ended = once(child, 'exit');
      let said = '';
      const report = new Promise<BridgeReport>((resolve) => {
        child.stdout.on('data', (text: Buffer) => {
          said += text;
          if (said.includes('\n')) resolve(JSON.parse(said) as BridgeReport);
        });
        child.stdout.once('end', () => resolve({}));
      });
      return { child, report, ended };
    },

    async release(): Promise<void> {
      for (const child of children.splice(0)) child.kill('SIGKILL');
      for (const server of servers.splice(0)) await server.stop();
      for (const dataDir of dataDirs) {
        const pid = await serverPid(dataDir).catch(() => undefined);
        if (pid) await stopServer(await clusterOf(dataDir), pid, { signal: 'SIGINT', limitMs: 5000, clock });
      }
      dataDirs.clear();
    },

    remove: () => base.remove(),
  };
}

export async function clusterOf(dataDir: string): Promise<string> {
  return realpath(join(dataDir, 'postgres'));
}

/** The process id of the server that runs on the data directory. */
export async function serverPid(dataDir: string): Promise<number> {
  const state = await inspectServer(await clusterOf(dataDir));
  if (!('pid' in state)) throw new Error(`no server runs in ${dataDir}: ${state.at}`);
  return state.pid;
}

/** Runs one statement on a connection of its own. */
export async function ask<Row extends object>(url: string, sql: string): Promise<Row | undefined> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row & pg.QueryResultRow>(sql)).rows[0];
  } finally {
    await client.end();
  }
}

/** The folder of the server's socket. */
export function socketDirOf(url: string): string {
  return new URL(url).searchParams.get('host')!;
}

/** An account that is neither root nor the database's: undefined when this process is an ordinary user itself. */
export async function ordinaryUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (!isRoot) return undefined;
  const [uid, gid] = await Promise.all([execute('id', ['-u', 'nobody']), execute('id', ['-g', 'nobody'])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** Makes a folder that belongs to `owner` (undefined: to this process). */
export async function makeFolder(
  path: string,
  options: { mode?: number; owner?: { uid: number; gid: number } | undefined } = {},
): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await mkdir(path);
  await execute('chmod', [(options.mode ?? 0o755).toString(8), path]);
  if (options.owner) await chown(path, options.owner.uid, options.owner.gid);
  return path;
}
