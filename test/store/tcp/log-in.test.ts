import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { realClock } from '../../../src/clock.js';
import type { BridgeError } from '../../../src/errors.js';
import { randomIds } from '../../../src/ids.js';
import type { Logger } from '../../../src/log.js';
import { openStore } from '../../../src/store/open.js';
import { agent, BY_ADMIN } from '../directory-rig.js';
import { onServer } from '../on-server.js';
import { keptLog } from '../opened-store.js';
import { blankDatabase, type FreshDatabase } from '../postgres.js';

const SECRET = 'hunter2@/:?#%';
let fresh: FreshDatabase;
let log: Logger;
let lines: Record<string, unknown>[];

beforeEach(async () => {
  fresh = await blankDatabase();
  ({ log, lines } = keptLog());
});
afterEach(() => fresh.drop());

const open = (databaseUrl: string) =>
  openStore({
    databaseUrl,
    instanceUrl: 'http://127.0.0.1:1',
    defaultModelId: 'amazon.nova-2-sonic-v1:0',
    ids: randomIds(),
    log,
    clock: realClock(),
  });

/** The address of the database for somebody else. */
const urlFor = (user: string, password: string | undefined, parameters: Record<string, string> = {}) => {
  const url = new URL(fresh.url);
  url.username = user;
  url.password = password === undefined ? '' : encodeURIComponent(password);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
};

/** A role of the test's own with the password SECRET. */
const makeRole = async (options = 'LOGIN') => {
  const [{ name } = { name: '' }] = await onServer<{ name: string }>(
    fresh.url,
    "SELECT 'test_' || md5(random()::text) AS name",
  );
  await onServer(fresh.url, `CREATE ROLE ${name} ${options} PASSWORD '${SECRET}'`);
  onTestFinished(() => onServer(inject('postgresUrl'), `DROP ROLE ${name}`).then(() => undefined));
  return name;
};

const refusal = async (databaseUrl: string): Promise<BridgeError> => {
  const outcome = await open(databaseUrl).then(
    (store) => store.close(),
    (error: BridgeError) => error,
  );
  if (!outcome) throw new Error('the store was opened');
  expect(JSON.stringify([outcome.message, outcome.details, lines])).not.toContain('hunter2');
  return outcome;
};

const { host } = new URL(inject('postgresUrl'));

describe('a database over TCP', () => {
  it('is opened by an ordinary user with a password who owns it, whatever is in the password', async () => {
    const store = await open(fresh.url);

    const { id } = await store.directory.createAgent(agent(), BY_ADMIN);
    await store.close();

    expect(await onServer(fresh.url, 'SELECT id FROM agents')).toEqual([{ id }]);
    expect(await onServer(fresh.url, 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user')).toEqual([
      { rolsuper: false },
    ]);
  });

  it.each([
    ['a wrong password', 'bridge', SECRET],
    ['a user that is not there', 'nobody', SECRET],
  ])('refuses %s in words, without the password', async (_what, user, password) => {
    const error = await refusal(urlFor(user, password));

    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toBe(
      `The database at ${host}${new URL(fresh.url).pathname} refuses the bridge (password authentication failed for user "${user}"): check DATABASE_URL and the rights of its user, who must be able to create tables.`,
    );
  });

  it('misses a password in words', async () => {
    expect(await refusal(urlFor('bridge', undefined))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('refuses the bridge (it asks for a password): check DATABASE_URL'),
    });
  });

  it('says in words that it speaks no TLS', async () => {
    expect(await refusal(urlFor('bridge', SECRET, { sslmode: 'verify-full' }))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/refuses the bridge \(The server does not support SSL connections\)/),
    });
  });

  it('refuses a user who may not log in', async () => {
    expect(await refusal(urlFor(await makeRole('NOLOGIN'), SECRET))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('is not permitted to log in'),
    });
  });

  it('refuses a user who may not enter the database', async () => {
    const name = await makeRole();
    await onServer(fresh.url, `REVOKE CONNECT ON DATABASE ${new URL(fresh.url).pathname.slice(1)} FROM PUBLIC`);

    expect(await refusal(urlFor(name, SECRET))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('permission denied for database'),
    });
  });

  it('refuses a user who may not create tables', async () => {
    expect(await refusal(urlFor(await makeRole(), SECRET))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('permission denied for schema public'),
    });
  });

  it('refuses a user who may create tables, but not read those that are there', async () => {
    const name = await makeRole();
    await (await open(fresh.url)).close();
    await onServer(fresh.url, `GRANT CREATE ON SCHEMA public TO ${name}`);

    expect(await refusal(urlFor(name, SECRET))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('permission denied for table schema_migrations'),
    });
  });

  it('refuses a user who may read what is there, but not change it', async () => {
    const name = await makeRole();
    await (await open(fresh.url)).close();
    await onServer(fresh.url, `GRANT CREATE ON SCHEMA public TO ${name}`);
    await onServer(fresh.url, `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${name}`);

    expect(await refusal(urlFor(name, SECRET))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('permission denied for table instances'),
    });
  });
});
