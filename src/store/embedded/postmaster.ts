import { randomBytes } from 'node:crypto';
import { link, readdir, readFile, readlink, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock.js';
import { pause, runCommand } from './command.js';

/** The server of a cluster, as its `postmaster.pid` and the process of that id show it. */
export type ServerState =
  | { readonly at: 'absent' }
  /** The file is there, but its process is another program: PostgreSQL itself would take it for a running server. */
  | { readonly at: 'stale'; readonly text: string }
  /** Just being written, or what a crash left of it. */
  | { readonly at: 'unclear'; readonly text: string }
  | { readonly at: 'starting' | 'ready' | 'stopping'; readonly pid: number; readonly socketDir: string };

/**
 * Reads `postmaster.pid` of the cluster (its real path). Lines: 1 process id, 5 folder of the socket, 8 status.
 * Source: PostgreSQL, src/include/utils/pidfile.h.
 */
export async function inspectServer(cluster: string): Promise<ServerState> {
  const text = await readFile(pidFile(cluster), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return { at: 'absent' };
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return { at: 'unclear', text };
  if (!(await isServer(pid, cluster))) return { at: 'stale', text };
  const status = lines[7] ?? '';
  const at = status === 'ready' ? 'ready' : status === 'stopping' ? 'stopping' : 'starting';
  return { at, pid, socketDir: lines[4] ?? '' };
}

function pidFile(cluster: string): string {
  return join(cluster, 'postmaster.pid');
}

/** Whether the process is the server of this cluster: it works in the cluster's folder, and nothing else does. */
async function isServer(pid: number, cluster: string): Promise<boolean> {
  if (process.platform === 'linux') {
    try {
      const [name, folder] = await Promise.all([readFile(`/proc/${pid}/comm`, 'utf8'), readlink(`/proc/${pid}/cwd`)]);
      return name.trim() === 'postgres' && folder === cluster;
    } catch {
      return false; // gone, dead but not yet collected, or another user's
    }
  }
  const { printed } = await runCommand('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
  return printed.includes('postgres') && printed.includes(cluster);
}

/**
 * Takes away a `postmaster.pid` of nobody's. When a server has put its own there meanwhile, that one is put back:
 * two bridges may come here at once.
 */
export async function removePidFile(cluster: string, text: string): Promise<void> {
  const aside = `${pidFile(cluster)}.stale-${randomBytes(6).toString('hex')}`;
  const isMoved = await rename(pidFile(cluster), aside).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  if (!isMoved) return;
  if ((await readFile(aside, 'utf8')) !== text) {
    await link(aside, pidFile(cluster)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  await rm(aside, { force: true });
}

/**
 * Whether anyone is connected as `role`, seen from outside: the server's processes carry it in their titles.
 * Source: PostgreSQL manual, "Standard Unix Tools": `postgres: user database host activity`.
 */
export async function hasClients(serverPid: number, role: string): Promise<boolean> {
  const titles = process.platform === 'linux' ? await childTitles(serverPid) : await listedTitles(serverPid);
  return titles.some((title) => title.startsWith(`postgres: ${role} `));
}

async function childTitles(parentPid: number): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const titles = pids.map(async (pid) => {
    try {
      // Behind the name, which may hold anything: state, then the parent's id.
      const status = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\)/s, '').trim().split(' ');
      return Number(status[1]) === parentPid
        ? (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ')
        : '';
    } catch {
      return ''; // ended meanwhile
    }
  });
  return Promise.all(titles);
}

async function listedTitles(parentPid: number): Promise<string[]> {
  const { printed } = await runCommand('ps', ['-axww', '-o', 'ppid=,command=']);
  const lines = printed.split('\n').map((line) => line.trim());
  return lines.filter((line) => line.startsWith(`${parentPid} `)).map((line) => line.replace(/^\d+\s+/, ''));
}

const POLL_MS = 10;

/**
 * Signals the server and resolves with whether it was gone within `limitMs`.
 * SIGINT: at once, in order. SIGTERM: as soon as no client is left. SIGQUIT: at once, with a recovery at the next start.
 */
export async function stopServer(
  cluster: string,
  pid: number,
  options: { signal: 'SIGINT' | 'SIGTERM' | 'SIGQUIT'; limitMs: number; clock: Clock },
): Promise<boolean> {
  const { signal, limitMs, clock } = options;
  const endMs = clock.now() + limitMs;
  if (!(await isServer(pid, cluster))) return true;
  process.kill(pid, signal);
  while (await isServer(pid, cluster)) {
    if (clock.now() > endMs) return false;
    await pause(clock, POLL_MS);
  }
  return true;
}
