import pg from 'pg';
import type { Clock } from '../clock.js';
import type { AgentInput } from '../directory/agent.js';
import { storedInput, VERSION_COLUMNS, type VersionRow } from '../store/directory-rows.js';
import { MIGRATIONS } from '../store/migrations.js';

/** What a PostgreSQL server says of itself and of our tables in it. */
export interface DatabaseFacts {
  version: string;
  versionNumber: number;
  encoding: string;
  isReadOnly: boolean;
  mayCreate: boolean;
  migrations: { missingCount: number; unknown: string | undefined };
  latencyMs: number;
  /** Numbers of the directory; empty before the first migration. */
  numbers: readonly string[];
  /** Agents that may answer by now: in their latest versions, and in those that numbers name. */
  agents: readonly AgentInput[];
}

const CONNECT_LIMIT_MS = 5000;
const LATENCY_SAMPLES = 5;

/** Looks at a server in one connection and changes nothing. Rejects with the error of `pg`. */
export async function inspectDatabase(
  config: pg.ClientConfig,
  clock: Clock,
  signal: AbortSignal,
): Promise<DatabaseFacts> {
  const client = new pg.Client({
    ...config,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    application_name: 'oratio-voice-bridge doctor',
  });
  // Connections that are lost or given up: the statement under way rejects as well.
  client.on('error', () => undefined);
  const giveUp = () => void client.end().catch(() => undefined);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await client.connect();
    const facts = await client.query<Row>(FACTS);
    const row = facts.rows[0]!;
    const latenciesMs: number[] = [];
    for (let sample = 0; sample < LATENCY_SAMPLES; sample++) {
      const startMs = clock.now();
      await client.query('SELECT 1');
      latenciesMs.push(clock.now() - startMs);
    }
    const applied = row.has_migrations
      ? (
          await client.query<{ number: number; name: string }>(
            'SELECT number, name FROM schema_migrations ORDER BY number',
          )
        ).rows
      : [];
    const numbers = row.has_numbers
      ? (await client.query<{ number: string }>('SELECT number FROM numbers ORDER BY number')).rows
      : [];
    const agents = row.has_numbers ? (await client.query<VersionRow>(AGENTS)).rows : [];
    return {
      version: row.version,
      versionNumber: Number(row.version_number),
      encoding: row.encoding,
      isReadOnly: row.read_only === 'on' || row.in_recovery,
      mayCreate: row.may_create ?? false,
      migrations: compareMigrations(applied),
      latencyMs: latenciesMs.sort((one, other) => one - other)[Math.floor(LATENCY_SAMPLES / 2)]!,
      numbers: numbers.map(({ number }) => number),
      agents: agents.map(storedInput),
    };
  } finally {
    signal.removeEventListener('abort', giveUp);
    await client.end().catch(() => undefined);
  }
}

interface Row {
  version: string;
  version_number: string;
  encoding: string;
  read_only: string;
  in_recovery: boolean;
  /** Null without a schema to create in. */
  may_create: boolean | null;
  has_migrations: boolean;
  has_numbers: boolean;
}

const FACTS = `SELECT current_setting('server_version') AS version,
  current_setting('server_version_num') AS version_number,
  current_setting('server_encoding') AS encoding,
  current_setting('transaction_read_only') AS read_only,
  pg_is_in_recovery() AS in_recovery,
  has_schema_privilege(current_schema(), 'CREATE') AS may_create,
  to_regclass('schema_migrations') IS NOT NULL AS has_migrations,
  to_regclass('numbers') IS NOT NULL AS has_numbers`;

const AGENTS = `SELECT ${VERSION_COLUMNS} FROM agents a
  JOIN agent_versions v ON v.agent_id = a.id
  WHERE a.deleted_at IS NULL AND (v.version = a.latest_version OR EXISTS (
    SELECT 1 FROM numbers n WHERE n.agent_id = a.id AND v.version IN (
      (n.input->>'agentVersion')::integer, (n.input->'canary'->>'agentVersion')::integer)))`;

function compareMigrations(applied: readonly { number: number; name: string }[]): DatabaseFacts['migrations'] {
  const unknown = applied.find(
    ({ number, name }) => !MIGRATIONS.some((one) => one.number === number && one.name === name),
  );
  return {
    missingCount: MIGRATIONS.filter(({ number }) => !applied.some((one) => one.number === number)).length,
    unknown: unknown && `${unknown.number}, ${unknown.name}`,
  };
}
