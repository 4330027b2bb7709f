import { spawn } from 'node:child_process';
import { chown, lstat, mkdir, mkdtemp, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock.js';
import { BridgeError } from '../../errors.js';
import type { Binaries } from './binaries.js';
import { dataDirError } from './cluster.js';
import { commandEnvironment, pause } from './command.js';
import type { DatabaseUser } from './database-user.js';
import { inspectServer } from './postmaster.js';
import { writeSettings } from './settings.js';
import { socketPrefix } from './temp-folder.js';

/** Where everything of one embedded database is. */
export interface Place {
  /** Real paths. */
  readonly dataDir: string;
  readonly cluster: string;
  readonly tempDir: string;
  readonly user: DatabaseUser;
  readonly binaries: Binaries;
}

export type Launch = { readonly at: 'ready' } | { readonly at: 'ended'; readonly words: string };

const POLL_MS = 10;
/** The server's log is put aside when it has grown beyond this. */
const LOG_LIMIT_BYTES = 8_000_000;

/**
 * Starts the server in a session of its own: neither Ctrl-C nor the end of this process reaches it. Resolves when it
 * takes connections (after a recovery, if one is due) or has ended, because another was faster or something is wrong.
 * Not by pg_ctl, which hands paths to a shell and looks only every 100 ms. `socketDir`: undefined for a new one.
 */
export async function launchServer(place: Place, clock: Clock, socketDir?: string): Promise<Launch> {
  const { cluster, dataDir, binaries, user } = place;
  const logPath = join(dataDir, 'postgres.log');
  await writeSettings(cluster, user).catch((error: unknown) => {
    throw dataDirError(cluster, error);
  });
  const logFile = await openLog(logPath);
  const logStart = (await logFile.stat()).size;
  const sockets = await makeSocketDir(place, socketDir);
  const child = spawn(
    binaries.postgres,
    [
      ...['-D', cluster],
      ...['-p', '5432'],
      ...['-c', 'listen_addresses='],
      ...['-c', `unix_socket_directories="${sockets.replaceAll('"', '""')}"`],
    ],
    { ...user.runAs, cwd: '/', env: commandEnvironment(), detached: true, stdio: ['ignore', logFile.fd, logFile.fd] },
  );
  let end: string | undefined;
  child.once('error', (error) => {
    end = error.message;
  });
  child.once('exit', (code, signal) => {
    end = signal ? `ended by ${signal}` : `ended with code ${code}`;
  });
  child.unref();
  await logFile.close();
  for (;;) {
    if (end !== undefined) {
      if (!socketDir) await rm(sockets, { recursive: true, force: true });
      return { at: 'ended', words: (await lastWords(logPath, logStart)) || end };
    }
    const state = await inspectServer(cluster);
    if (state.at === 'ready' && state.pid === child.pid) return { at: 'ready' };
    await pause(clock, POLL_MS);
  }
}

async function openLog(path: string) {
  try {
    const { size: byteLength = 0 } = await stat(path).catch(() => ({ size: 0 }));
    if (byteLength > LOG_LIMIT_BYTES) await rename(path, `${path}.1`);
    return await open(path, 'a', 0o600);
  } catch (error) {
    throw dataDirError(path, error);
  }
}

/**
 * A folder that only the database user can enter. The temporary folder is everyone's, so a name that is there already
 * is used only if it is the user's own (when a server of ours comes back).
 */
async function makeSocketDir({ dataDir, tempDir, user }: Place, wished: string | undefined): Promise<string> {
  const path = wished ?? (await mkdtemp(join(tempDir, socketPrefix(dataDir))));
  if (wished) {
    await mkdir(wished, { mode: 0o700 }).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    const found = await lstat(wished);
    if (!found.isDirectory() || (found.uid !== user.uid && found.uid !== process.getuid?.())) {
      throw new BridgeError(
        'EMBEDDED_DATABASE_UNAVAILABLE',
        `${wished} was taken by another user: restart the bridge.`,
      );
    }
    for (const name of ['.s.PGSQL.5432', '.s.PGSQL.5432.lock']) await rm(join(wished, name), { force: true });
  }
  if (user.runAs) await chown(path, user.runAs.uid, user.runAs.gid);
  return path;
}

/** Why the server ended, in its own words. */
async function lastWords(logPath: string, startByte: number): Promise<string> {
  const text = (await readFile(logPath)).subarray(startByte).toString();
  const lines = text.split('\n').filter((line) => /\b(FATAL|PANIC):/.test(line));
  return lines
    .slice(-2)
    .map((line) => line.replace(/^.*?(FATAL|PANIC):\s*/, ''))
    .join('; ');
}
