import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { realClock } from '../../src/clock.js';
import { type Binaries, findNativeFolder, prepareBinaries } from '../../src/store/embedded/binaries.js';
import { commandEnvironment, pause, type RunAs, runCommand } from '../../src/store/embedded/command.js';
import { findDatabaseUser } from '../../src/store/embedded/database-user.js';
import { findTempFolder, temporaryDataDir } from '../../src/store/embedded/temp-folder.js';

/** What PostgreSQL's own programs have made: a cluster that its superuser `operator` enters with a password. */
export interface TcpCluster {
  readonly folder: string;
  readonly programs: Binaries;
  readonly runAs: RunAs;
  remove(): Promise<void>;
}

/** As operators make it, with a linguistic collation, whose order is not that of the embedded database. */
export async function makeTcpCluster(password: string): Promise<TcpCluster> {
  const user = await findDatabaseUser(undefined);
  const data = await temporaryDataDir();
  const { runAs } = user;
  try {
    const programs = await prepareBinaries(findNativeFolder(), user, await findTempFolder(user));
    const folder = join(data.path, 'cluster');
    await mkdir(folder, { mode: 0o700 });
    if (runAs) await chown(folder, runAs.uid, runAs.gid);
    const passwordFile = join(data.path, 'password');
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (runAs) await chown(passwordFile, runAs.uid, runAs.gid);
    const made = await runCommand(
      programs.initdb,
      [
        ...['--pgdata', folder, '--username', 'operator', '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
        ...['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'icu', '--icu-locale', 'en-US'],
        '--no-sync',
      ],
      runAs,
    );
    if (!made.isOk) throw new Error(`initdb: ${made.output}`);
    await rm(passwordFile);
    return { folder, programs, runAs, remove: data.remove };
  } catch (error) {
    await data.remove();
    throw error;
  }
}

const AGAIN_MS = 100;
const TRIES = 100;

/** Starts the server; tries on while processes of one that was killed still hold its memory. */
export async function launchTcpServer(
  { folder, programs, runAs }: TcpCluster,
  options: { port: number; maxConnections: number },
): Promise<ChildProcess> {
  let words = '';
  for (let tries = 0; tries < TRIES; tries++) {
    if (tries > 0) await pause(realClock(), AGAIN_MS);
    const child = spawn(
      programs.postgres,
      [
        ...['-D', folder, '-p', String(options.port)],
        ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
        ...['-c', `max_connections=${options.maxConnections}`],
        // It need not outlive a power failure; and whoever drops a database may not end the vacuum in it.
        ...['-c', 'fsync=off', '-c', 'autovacuum=off'],
        // Not those of the embedded database, nor of this process.
        ...['-c', 'timezone=Asia/Kathmandu', '-c', 'datestyle=iso,dmy'],
      ],
      { ...runAs, cwd: '/', env: commandEnvironment(), stdio: ['ignore', 'ignore', 'pipe'] },
    );
    words = '';
    const isReady = await new Promise<boolean>((resolve, reject) => {
      child.stderr!.on('data', (text: Buffer) => {
        words = `${words}${text}`.slice(-10_000);
        if (words.includes('database system is ready to accept connections')) resolve(true);
      });
      child.once('error', reject);
      child.once('exit', () => resolve(false));
    });
    if (isReady) return child;
  }
  throw new Error(`the server does not start: ${words}`);
}

/** Resolves when the process has ended, at once when it has already. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
