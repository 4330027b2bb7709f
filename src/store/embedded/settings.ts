import { randomBytes } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type DatabaseUser, processUserName } from './database-user.js';

/** The database's only role. Who may take it is decided by the user of the process that connects. */
export const ROLE = 'oratio';

/**
 * Durable, small, and quiet beside the audio: no parallel queries on the cores that carry calls. Failed statements are
 * told to the client and not logged, because they would hold what people said and dialled.
 */
const SETTINGS = `# Written by the bridge at every start. Settings of your own: ALTER SYSTEM SET ...
fsync = on
synchronous_commit = on
full_page_writes = on
max_connections = 50
shared_buffers = 96MB
max_wal_size = 512MB
min_wal_size = 80MB
io_method = sync
jit = off
max_worker_processes = 4
max_parallel_workers_per_gather = 0
max_parallel_maintenance_workers = 0
unix_socket_permissions = 0700
log_min_messages = log
log_checkpoints = off
timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, ymd'
lc_messages = 'C'
default_text_search_config = 'pg_catalog.simple'
`;

/** Writes configuration and rights of the cluster, each file whole or not at all. */
export async function writeSettings(cluster: string, user: DatabaseUser): Promise<void> {
  const files = {
    'postgresql.conf': SETTINGS,
    'pg_hba.conf': `local all ${ROLE} peer map=bridge\n`,
    'pg_ident.conf': `bridge "${processUserName()}" ${ROLE}\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeWhole(join(cluster, name), text, user);
}

async function writeWhole(path: string, text: string, user: DatabaseUser): Promise<void> {
  const fresh = `${path}.new-${randomBytes(6).toString('hex')}`;
  // `wx` follows no link: the folder is the database user's, and this process may be root.
  const file = await open(fresh, 'wx', 0o600);
  try {
    await file.writeFile(text);
    if (user.runAs) await file.chown(user.runAs.uid, user.runAs.gid);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
}
