import { afterEach, describe, expect, it } from 'vitest';
import { realClock } from '../../src/clock.js';
import { createLog } from '../../src/log.js';
import { type MigrateOptions, type Migration, migrate } from '../../src/store/migrate.js';
import { MIGRATIONS } from '../../src/store/migrations.js';
import { onServer } from './on-server.js';
import { blankDatabase, type FreshDatabase, freshDatabase } from './postgres.js';

const databases: FreshDatabase[] = [];
const blank = async () => {
  const database = await blankDatabase();
  databases.push(database);
  return database.url;
};
const run = (url: string, options: Partial<MigrateOptions> = {}) =>
  migrate({ url, clock: realClock(), log: createLog('silent'), ...options });
const applied = (url: string) =>
  onServer<{ number: number; name: string }>(url, 'SELECT number, name FROM schema_migrations ORDER BY number');
const made = async (url: string) =>
  (
    await onServer<{ name: string }>(
      url,
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
    )
  ).map(({ name }) => name);

const FIRST: Migration = { number: 1, name: 'first', sql: 'CREATE TABLE first (id integer)' };
const SECOND: Migration = { number: 2, name: 'second', sql: 'CREATE TABLE second (id integer)' };

afterEach(async () => {
  for (const database of databases.splice(0)) await database.drop();
});

describe('migrating', () => {
  it('brings an empty database to what the bridge needs', async () => {
    const url = await blank();

    await run(url);

    expect(await applied(url)).toEqual(MIGRATIONS.map(({ number, name }) => ({ number, name })));
    expect(await made(url)).toEqual(expect.arrayContaining(['agents', 'numbers', 'tokens', 'audit_entries']));
  });

  it('changes nothing the second time', async () => {
    const url = await blank();
    await run(url);
    const before = await onServer(url, 'SELECT * FROM schema_migrations ORDER BY number');

    await run(url);

    expect(await onServer(url, 'SELECT * FROM schema_migrations ORDER BY number')).toEqual(before);
  });

  it('runs what is missing and nothing else', async () => {
    const url = await blank();
    await run(url, { migrations: [FIRST] });

    await run(url, { migrations: [FIRST, SECOND] });

    expect(await made(url)).toEqual(['first', 'schema_migrations', 'second']);
  });

  it('happens once when eight instances start at the same moment', async () => {
    const url = await blank();
    const slow = { ...FIRST, sql: `${FIRST.sql}; SELECT pg_sleep(0.05)` };

    await Promise.all(Array.from({ length: 8 }, () => run(url, { migrations: [slow, SECOND] })));

    expect(await applied(url)).toEqual([
      { number: 1, name: 'first' },
      { number: 2, name: 'second' },
    ]);
  });

  it('leaves nothing of a migration that fails, and all of those before it', async () => {
    const url = await blank();
    const broken = { ...SECOND, sql: 'CREATE TABLE second (id integer); SELECT 1 / 0' };

    await expect(run(url, { migrations: [FIRST, broken] })).rejects.toThrow('division by zero');

    expect(await made(url)).toEqual(['first', 'schema_migrations']);
    await run(url, { migrations: [FIRST, SECOND] });
    expect(await applied(url)).toHaveLength(2);
  });

  it('refuses a database that a newer bridge has changed, and leaves it as it is', async () => {
    const url = await blank();
    await run(url, { migrations: [FIRST, SECOND] });

    await expect(run(url, { migrations: [FIRST] })).rejects.toMatchObject({
      code: 'STORE_INCOMPATIBLE',
      message: expect.stringMatching(/migration 2, second.*run that version or a newer one/),
    });
  });

  it('refuses a database whose migration of the same number was another one', async () => {
    const url = await blank();
    await run(url, { migrations: [FIRST] });

    await expect(run(url, { migrations: [{ ...FIRST, name: 'other' }, SECOND] })).rejects.toMatchObject({
      code: 'STORE_INCOMPATIBLE',
    });

    expect(await made(url)).toEqual(['first', 'schema_migrations']);
  });

  it('says what to do when the server is away, and does not say the password', async () => {
    const attempt = run('postgres://oratio:hunter2@127.0.0.1:1/oratio', { waitLimitMs: 0 });

    await expect(attempt).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message:
        'The database at 127.0.0.1:1/oratio cannot be reached (connect ECONNREFUSED 127.0.0.1:1): start it, or check DATABASE_URL.',
    });
  });

  it('says so when there is no such database', async () => {
    const url = (await blank()).replace(/test_\w+/, 'nowhere');

    await expect(run(url, { waitLimitMs: 0 })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/\/nowhere refuses the bridge \(database "nowhere" does not exist\)/),
    });
  });

  it('says so when the user may not create tables', async () => {
    const url = await blank();
    await onServer(url, 'CREATE ROLE onlooker LOGIN');
    await onServer(url, 'GRANT onlooker TO CURRENT_USER WITH SET TRUE, INHERIT FALSE');
    const asOnlooker = new URL(url);
    asOnlooker.searchParams.set('options', '-c role=onlooker');

    await expect(run(asOnlooker.href)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('permission denied for schema public'),
    });

    await onServer(url, 'DROP ROLE onlooker');
  });
});

describe('a copy of the template', () => {
  it('is migrated already', async () => {
    const database = await freshDatabase();
    databases.push(database);

    expect(await applied(database.url)).toHaveLength(MIGRATIONS.length);
  });
});
