import { spawn } from 'node:child_process';
import type { Clock } from '../../clock.js';

/** User and group a program runs as; undefined: those of this process. */
export type RunAs = { readonly uid: number; readonly gid: number } | undefined;

export interface CommandOutcome {
  readonly isOk: boolean;
  /** What it printed to standard output. */
  readonly printed: string;
  /** Standard output and standard error together. */
  readonly output: string;
}

/**
 * What programs of the database see of the environment. Variables such as PGDATA or a locale must not reach them;
 * what the dynamic loader needs must.
 */
export function commandEnvironment(): NodeJS.ProcessEnv {
  const { PATH = '/usr/sbin:/usr/bin:/sbin:/bin', LD_LIBRARY_PATH } = process.env;
  return { PATH, LC_ALL: 'C', TZ: 'UTC', ...(LD_LIBRARY_PATH ? { LD_LIBRARY_PATH } : {}) };
}

/**
 * Runs a program to its end, in a session of its own: Ctrl-C does not reach it.
 * Rejects only when it cannot be run at all (ENOENT, EACCES, EPERM).
 */
export function runCommand(file: string, args: readonly string[], runAs?: RunAs): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      ...runAs,
      cwd: '/',
      env: commandEnvironment(),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    let output = '';
    child.stdout.on('data', (text: Buffer) => {
      printed += text;
      output += text;
    });
    child.stderr.on('data', (text: Buffer) => {
      output += text;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (signal) output += `ended by ${signal}`;
      resolve({ isOk: code === 0, printed, output });
    });
  });
}

export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(delayMs, resolve));
}
