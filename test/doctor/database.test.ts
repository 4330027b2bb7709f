import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretBox } from '../../src/access/secret-box.js';
import { realClock } from '../../src/clock.js';
import { databaseCheck } from '../../src/doctor/database.js';
import { judgeDatabase } from '../../src/doctor/database-verdict.js';
import type { Known } from '../../src/doctor/installation.js';
import { createLog } from '../../src/log.js';
import { startEmbedded } from '../../src/store/embedded/server.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { MIGRATIONS } from '../../src/store/migrations.js';
import { onServer } from '../store/on-server.js';
import { blankDatabase, type FreshDatabase, freshDatabase } from '../store/postgres.js';
import { findingOf, installation, NUMBER, temporaryDirectory } from './rig.js';

const look = (environment: Record<string, string>, known: Known = {}) =>
  findingOf(databaseCheck(installation(environment), known));

describe('a database server', () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());

  it('is in order with its version, and says which numbers there are', async () => {
    await onServer(database.url, "INSERT INTO agents (id, latest_version, created_in) VALUES ('agent_1', 1, 1)");
    await onServer(
      database.url,
      `INSERT INTO numbers (number, agent_id, input, version, updated_at) VALUES ('${NUMBER}', 'agent_1', '{}', 1, now())`,
    );
    const known: Known = {};

    const finding = await look({ DATABASE_URL: database.url }, known);

    expect(finding).toMatchObject({
      state: 'ok',
      says: expect.stringMatching(/PostgreSQL \d+.*tables are up to date.* ms$/),
    });
    expect(known.numbers).toEqual([NUMBER]);
  });

  it('says what agents ask of AWS: in their latest versions and in those that numbers name, if they were not deleted', async () => {
    const other = await freshDatabase();
    const secretArn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:orders-AbCdEf';
    const version = (agentId: string, number: number, knowledgeBaseId: string) => {
      const tool = { kind: 'knowledge-base', name: 'x', description: 'x', knowledgeBaseId };
      const clientSecret = secretBox('admin-token-of-the-tests-0123456789').seal(secretArn);
      const auth = { kind: 'oauth', tokenUrl: 'https://issuer.example.com/token', clientId: 'x', clientSecret };
      const mcp = { kind: 'mcp', url: 'https://tools.example.com/mcp', auth };
      const input = JSON.stringify({ name: 'A', systemPrompt: 'p', tools: [tool, mcp] });
      return onServer(
        other.url,
        `INSERT INTO agent_versions (agent_id, version, input, created_at, created_by)
         VALUES ('${agentId}', ${number}, '${input}', now(), 'x')`,
      );
    };
    await onServer(
      other.url,
      `INSERT INTO agents (id, latest_version, created_in, deleted_at)
       VALUES ('agent_1', 4, 1, NULL), ('agent_2', 1, 2, now())`,
    );
    for (const number of [1, 2, 3, 4]) await version('agent_1', number, `KB0000000${number}`);
    await version('agent_2', 1, 'KB00000009');
    const input = JSON.stringify({ agentId: 'agent_1', agentVersion: 1, canary: { agentVersion: 3, percent: 5 } });
    await onServer(
      other.url,
      `INSERT INTO numbers (number, agent_id, input, version, updated_at)
       VALUES ('${NUMBER}', 'agent_1', '${input}', 1, now())`,
    );
    const known: Known = {};

    await look({ DATABASE_URL: other.url }, known);

    const ids = known.agents?.knowledgeBases.map(({ knowledgeBaseId }) => knowledgeBaseId);
    expect(ids?.toSorted()).toEqual(['KB00000001', 'KB00000003', 'KB00000004']);
    expect(known.agents?.secrets).toEqual([secretArn]);
    await other.drop();
  });

  it('that is still empty will be filled at the next start', async () => {
    const blank = await blankDatabase();
    const known: Known = {};

    const finding = await look({ DATABASE_URL: blank.url }, known);

    expect(finding).toMatchObject({
      state: 'ok',
      says: expect.stringContaining(`${MIGRATIONS.length} migrations will run`),
    });
    expect(known.numbers).toEqual([]);
    expect(await onServer(blank.url, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).toEqual([]);
    await blank.drop();
  });

  it('that another version of the bridge has changed is refused', async () => {
    const newer = await freshDatabase();
    await onServer(newer.url, "INSERT INTO schema_migrations (number, name) VALUES (999, 'future')");

    const finding = await look({ DATABASE_URL: newer.url });

    expect(finding).toMatchObject({ state: 'failed', says: expect.stringContaining('migration 999, future') });
    await newer.drop();
  });

  it('without the named database says how to make it', async () => {
    const url = new URL(database.url);
    url.pathname = '/nowhere';

    const finding = await look({ DATABASE_URL: url.href });

    expect(finding).toMatchObject({ state: 'failed', advice: expect.stringContaining('CREATE DATABASE') });
  });

  it('that refuses the user says so, without the password', async () => {
    const url = new URL(database.url);
    url.username = 'stranger';
    url.password = 'very-secret';

    const finding = await look({ DATABASE_URL: url.href });

    expect(finding.state).toBe('failed');
    expect(finding.says).toContain('refuses the bridge');
    expect(JSON.stringify(finding)).not.toContain('very-secret');
  });

  it('that is dead, or was never there, is told by host and port', async () => {
    const finding = await look({ DATABASE_URL: 'postgres://oratio:password@127.0.0.1:9/oratio' });

    expect(finding).toMatchObject({
      state: 'failed',
      says: '127.0.0.1:9/oratio refuses the connection (ECONNREFUSED)',
    });
  });

  it('that takes the connection and hangs up is told', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;

    const finding = await look({ DATABASE_URL: `postgres://127.0.0.1:${port}/oratio` });

    expect(finding.state).toBe('failed');
    expect(finding.advice).toBeTruthy();
    server.close();
  });
});

describe('what a database says of itself', () => {
  const good = {
    version: '16.3',
    versionNumber: 160_003,
    encoding: 'UTF8',
    isReadOnly: false,
    mayCreate: true,
    migrations: { missingCount: 0, unknown: undefined },
    latencyMs: 1,
    numbers: [],
    agents: [],
  };

  it.each([
    ['an old server', { versionNumber: 130_000, version: '13.0' }, 'failed', '14 or newer'],
    ['another encoding', { encoding: 'SQL_ASCII' }, 'failed', "ENCODING 'UTF8'"],
    ['a copy', { isReadOnly: true }, 'failed', 'primary'],
    [
      'tables to make without the right to',
      { mayCreate: false, migrations: { missingCount: 2, unknown: undefined } },
      'failed',
      'GRANT CREATE',
    ],
    ['a far server', { latencyMs: 80 }, 'warning', 'closer'],
  ] as const)('%s', (_name, facts, state, advice) => {
    expect(judgeDatabase({ ...good, ...facts }, 'db')).toMatchObject({
      state,
      advice: expect.stringContaining(advice),
    });
  });

  it('no right to make tables is no trouble when all are there', () => {
    expect(judgeDatabase({ ...good, mayCreate: false }, 'db').state).toBe('ok');
  });
});

describe('the embedded database', () => {
  it('that does not exist yet will be set up, and is not set up by looking', async () => {
    const directory = await temporaryDirectory();
    const dataDir = join(directory.path, 'data');

    const finding = await look({ DATA_DIR: dataDir });

    expect(finding).toMatchObject({
      state: 'ok',
      says: expect.stringContaining('will be set up there at the first start'),
    });
    await expect(mkdir(dataDir)).resolves.toBeUndefined();
    await directory.remove();
  });

  it('in use by a bridge is read without disturbing it', async () => {
    const dataDir = await temporaryDataDir();
    const log = createLog('silent');
    const server = await startEmbedded({ dataDir: dataDir.path, log, clock: realClock() });
    const known: Known = {};

    const finding = await look({ DATA_DIR: dataDir.path }, known);
    const running = await onServer(server.url, 'SELECT 1 AS one');
    await server.stop();
    const stopped = await look({ DATA_DIR: dataDir.path }, {});

    expect(finding).toMatchObject({ state: 'ok', says: expect.stringContaining('is in use by a bridge that runs') });
    expect(known.numbers).toEqual([]);
    expect(running).toEqual([{ one: 1 }]);
    expect(stopped).toMatchObject({ state: 'ok', says: expect.stringContaining('it does not now') });
    await dataDir.remove();
  });

  it('needs a directory, and one that holds a database or nothing', async () => {
    const directory = await temporaryDirectory();
    const file = join(directory.path, 'file');
    await writeFile(file, '');
    const strange = join(directory.path, 'strange');
    await mkdir(join(strange, 'postgres'), { recursive: true });
    await writeFile(join(strange, 'postgres', 'notes.txt'), '');
    const other = join(directory.path, 'other');
    await mkdir(join(other, 'postgres'), { recursive: true });
    await writeFile(join(other, 'postgres', 'PG_VERSION'), '9\n');

    expect(await look({ DATA_DIR: file })).toMatchObject({
      state: 'failed',
      says: expect.stringContaining('is a file'),
    });
    expect(await look({ DATA_DIR: strange })).toMatchObject({
      state: 'failed',
      says: expect.stringContaining('holds files but no database'),
    });
    expect(await look({ DATA_DIR: other })).toMatchObject({
      state: 'failed',
      says: expect.stringContaining('was made by PostgreSQL 9'),
    });
    await directory.remove();
  });
});
