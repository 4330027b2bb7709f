import { inject } from 'vitest';
import { onServer } from './on-server.js';

/** What a database does to those who write to it. */
export type Trouble = 'away' | 'full' | 'slow';

/**
 * Gives a database of the tests its trouble: closed to everybody, without room on its disk (SQLSTATE 53100), or with
 * statements that take half a second. Answers what ends it.
 */
export async function trouble(url: string, kind: Trouble): Promise<() => Promise<void>> {
  if (kind === 'away') return closed(url);
  const tables = ['calls', 'instances', 'audit_entries', 'jobs'];
  const does = kind === 'slow' ? 'PERFORM pg_sleep(0.5)' : "RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'";
  const triggers = tables.map(
    (table) =>
      `CREATE TRIGGER trouble BEFORE INSERT OR UPDATE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION trouble();`,
  );
  await onServer(
    url,
    `CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${does}; RETURN NULL; END $$;
     ${triggers.join(' ')}`,
  );
  return async () => {
    await onServer(url, 'DROP FUNCTION trouble CASCADE');
  };
}

async function closed(url: string): Promise<() => Promise<void>> {
  const name = new URL(url).pathname.slice(1);
  await onServer(inject('postgresUrl'), `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  await onServer(
    inject('postgresUrl'),
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
  );
  return async () => {
    await onServer(inject('postgresUrl'), `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  };
}
