import pg from 'pg';
import type { Clock } from '../clock.js';
import { BridgeError, messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { inWords, notLetIn } from './in-words.js';
import { MIGRATIONS } from './migrations.js';
import { isAway } from './store-error.js';

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

export interface MigrateOptions {
  url: string;
  clock: Clock;
  log: Logger;
  migrations?: readonly Migration[];
  /** How long a server that is away is waited for, in ms. */
  waitLimitMs?: number;
}

const WAIT_LIMIT_MS = 10_000;
const CONNECT_LIMIT_MS = 3000;
const RETRY_MS = 500;
/** Any number does, as long as it is always the same: the lock is the database's own. */
const LOCK = 7_268_462_014;
const OLDEST_SERVER = 140_000;

/**
 * Brings the database to what this program needs: each missing migration in a transaction of its own, one instance at a
 * time. Rejects with STORE_UNAVAILABLE (not reached within `waitLimitMs`), CONFIG_INVALID (it refuses us) or
 * STORE_INCOMPATIBLE (too old a server, another encoding, or a newer bridge was here), each in words for the operator.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { url, log, migrations = MIGRATIONS } = options;
  const client = await connect(options);
  // What is lost while a statement runs, that statement tells.
  client.on('error', () => undefined);
  try {
    await requireUsable(client);
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const { rows } = await client.query<{ number: number; name: string }>(
      'SELECT number, name FROM schema_migrations ORDER BY number',
    );
    for (const { number, name } of rows) {
      if (!migrations.some((known) => known.number === number && known.name === name)) throw fromNewer(number, name);
    }
    const applied = new Set(rows.map(({ number }) => number));
    for (const migration of migrations) {
      if (applied.has(migration.number)) continue;
      await apply(client, migration);
      log.info({ number: migration.number, name: migration.name }, 'database migrated');
    }
  } catch (error) {
    throw inWords(error, url);
  } finally {
    // The lock ends with the session.
    await client.end().catch(() => undefined);
  }
}

async function apply(client: pg.Client, { number, name, sql }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO schema_migrations (number, name) VALUES ($1, $2)', [number, name]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** A server that is just starting, or not there yet, is waited for. */
async function connect({ url, clock, log, waitLimitMs = WAIT_LIMIT_MS }: MigrateOptions): Promise<pg.Client> {
  const endMs = clock.now() + waitLimitMs;
  for (let isFirst = true; ; isFirst = false) {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_LIMIT_MS,
      application_name: 'oratio-voice-bridge migrations',
    });
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (!isAway(error) || clock.now() >= endMs) throw notLetIn(error, url);
      if (isFirst) log.warn({ code: 'STORE_UNAVAILABLE', reason: messageOf(error) }, 'waiting for the database');
    }
    await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
  }
}

async function requireUsable(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: string; encoding: string }>(
    "SELECT current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding",
  );
  const { version = '', encoding = '' } = rows[0] ?? {};
  if (Number(version) < OLDEST_SERVER) {
    throw new BridgeError('STORE_INCOMPATIBLE', 'The database server is too old: PostgreSQL 14 or newer is needed.', {
      version,
    });
  }
  if (encoding === 'UTF8') return;
  throw new BridgeError(
    'STORE_INCOMPATIBLE',
    `The database is encoded in ${encoding}: make one with ENCODING 'UTF8' and point DATABASE_URL at it.`,
    { encoding },
  );
}

function fromNewer(number: number, name: string): BridgeError {
  return new BridgeError(
    'STORE_INCOMPATIBLE',
    `The database was changed by another version of the bridge (migration ${number}, ${name}), which this one does not know: run that version or a newer one, or use another database.`,
    { number, name },
  );
}
