import { realpath } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { BridgeError } from '../../errors.js';
import { type RunAs, runCommand } from './command.js';

/** The account that owns the cluster and runs the server. */
export interface DatabaseUser {
  readonly name: string;
  readonly uid: number;
  /** Undefined: this process's own account, nothing to change to. */
  readonly runAs: RunAs;
}

/** PostgreSQL does not run as root: then it is this account, made when it is missing. */
const NAMES = process.platform === 'darwin' ? ['postgres', '_postgres'] : ['postgres'];

/**
 * Who runs the server: this process's user or, when that is root, the owner of the existing cluster, else `postgres`.
 * EMBEDDED_DATABASE_UNAVAILABLE when there is no such account and none can be made.
 */
export async function findDatabaseUser(owner: { uid: number; gid: number } | undefined): Promise<DatabaseUser> {
  const uid = process.getuid?.() ?? -1;
  if (uid !== 0) return { name: processUserName(), uid, runAs: undefined };
  if (owner && owner.uid !== 0) return { name: `user ${owner.uid}`, uid: owner.uid, runAs: owner };
  const found = (await lookUp()) ?? (await create());
  if (found) return found;
  throw new BridgeError(
    'EMBEDDED_DATABASE_UNAVAILABLE',
    'PostgreSQL does not run as root and the user postgres could not be made: run the bridge as another user, make the user with useradd, or set DATABASE_URL.',
  );
}

/** The name of the user that this process runs as. PostgreSQL knows its clients by it. */
export function processUserName(): string {
  try {
    return userInfo().username;
  } catch (cause) {
    throw new BridgeError(
      'EMBEDDED_DATABASE_UNAVAILABLE',
      `PostgreSQL needs a named user and user id ${process.getuid?.()} has no name in /etc/passwd: run the bridge as a named user, or set DATABASE_URL.`,
      {},
      { cause },
    );
  }
}

async function lookUp(): Promise<DatabaseUser | undefined> {
  for (const name of NAMES) {
    const [uid, gid] = await Promise.all([runCommand('id', ['-u', name]), runCommand('id', ['-g', name])]);
    if (!uid.isOk || !gid.isOk) continue;
    const runAs = { uid: Number(uid.printed), gid: Number(gid.printed) };
    return { name, uid: runAs.uid, runAs };
  }
  return undefined;
}

async function create(): Promise<DatabaseUser | undefined> {
  const common = ['--system', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin'];
  // The second form is for a system that has the group already.
  for (const group of [['--user-group'], ['--gid', 'postgres']]) {
    const isMade = await runCommand('useradd', [...common, ...group, 'postgres']).then(
      (outcome) => outcome.isOk,
      () => false,
    );
    if (isMade) break;
  }
  // Looked up in any case: another bridge may have made it at the same moment.
  return lookUp();
}

/** cd is the honest question: it knows of modes, groups, access lists and mounts. */
const ENTER_EACH = 'for folder; do cd "$folder" 2>/dev/null || { printf %s "$folder"; exit 3; }; done';

/** The first folder on the way to `folder` that the user cannot enter; undefined when all are open. */
export async function firstClosedFolder(user: DatabaseUser, folder: string): Promise<string | undefined> {
  if (!user.runAs) return undefined;
  const folders = [await realpath(folder)];
  while (folders[0] !== '/') folders.unshift(dirname(folders[0]!));
  const outcome = await runCommand('/bin/sh', ['-c', ENTER_EACH, 'sh', ...folders], user.runAs).catch((cause) => {
    throw new BridgeError(
      'EMBEDDED_DATABASE_UNAVAILABLE',
      `PostgreSQL does not run as root and this process may not change to ${user.name}: run the bridge as another user, or set DATABASE_URL.`,
      {},
      { cause },
    );
  });
  return outcome.isOk ? undefined : outcome.printed || folder;
}
