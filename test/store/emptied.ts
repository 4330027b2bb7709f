import pg from 'pg';
import { connected, onServer } from './on-server.js';

/** What a database holds that was migrated and not used: its tables and sequences, and the rows that migrations leave. */
export interface Untouched {
  shape: string;
  /** Makes a used one the same again. */
  restore: string;
}

const SHAPE = `SELECT coalesce(string_agg(relkind::text || ' ' || relname, ', ' ORDER BY relname), '') AS shape
  FROM pg_class WHERE relnamespace = 'public'::regnamespace`;

export async function untouchedIn(url: string): Promise<Untouched> {
  const relations = await onServer<{ name: string; kind: string }>(
    url,
    `SELECT relname AS name, relkind AS kind FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') ORDER BY relname`,
  );
  const tables = relations.filter(({ kind }) => kind === 'r').map(({ name }) => pg.escapeIdentifier(name));
  const sequences = relations.filter(({ kind }) => kind === 'S').map(({ name }) => name);
  // In one statement: what refers to each other goes together.
  const deletions = tables.map((table, index) => `gone_${index} AS (DELETE FROM ${table})`);
  const insertions = await Promise.all(
    tables.map(async (table) => {
      const [row] = await onServer<{ rows: unknown[] | null }>(
        url,
        `SELECT json_agg(kept) AS rows FROM ${table} AS kept`,
      );
      if (!row?.rows) return '';
      const rows = pg.escapeLiteral(JSON.stringify(row.rows));
      return `INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, ${rows});`;
    }),
  );
  const restarts = sequences.map((name) => `SELECT setval(${pg.escapeLiteral(name)}, 1, false);`);
  const [row] = await onServer<{ shape: string }>(url, SHAPE);
  return {
    shape: row?.shape ?? '',
    restore: `WITH ${deletions.join(', ')} SELECT 1; ${insertions.join(' ')} ${restarts.join(' ')}`,
  };
}

/** Who is still connected, apart from who asks. */
const OTHERS_GONE = `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()`;

/**
 * Empties a database that was used, and ends what is still connected to it. False when it is not what it was: tables were
 * made, or it cannot be entered.
 */
export async function emptied(url: string, { shape, restore }: Untouched): Promise<boolean> {
  try {
    return await connected(url, async (client) => {
      await client.query(OTHERS_GONE);
      const { rows } = await client.query<{ shape: string }>(SHAPE);
      if (rows[0]?.shape !== shape) return false;
      await client.query(restore);
      return true;
    });
  } catch {
    return false;
  }
}
