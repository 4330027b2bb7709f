import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeClock, realClock } from '../../src/clock.js';
import { randomIds } from '../../src/ids.js';
import { createLog } from '../../src/log.js';
import type { Database } from '../../src/store/database.js';
import { storeDirectory } from '../../src/store/directory.js';
import { migrate } from '../../src/store/migrate.js';
import { agent, BY_ADMIN, e164, type Instance, MODEL, number, openInstance } from './directory-rig.js';
import { onServer } from './on-server.js';
import { type OwnServer, startOwnServer } from './own-server.js';
import { type FreshDatabase, freshDatabase } from './postgres.js';

const soon = (check: () => Promise<unknown> | unknown) => vi.waitFor(check, { interval: 5, timeout: 60_000 });

describe('the directory while its store is away', () => {
  let server: OwnServer;
  let instance: Instance;

  beforeAll(async () => {
    server = await startOwnServer();
    await migrate({ url: server.url, clock: realClock(), log: createLog('silent') });
    instance = await openInstance(server.url);
  });
  afterAll(async () => {
    await instance.close();
    await server.stop();
  });

  it('goes on answering, refuses changes, and takes them again by itself when the store is back', async () => {
    const { directory } = instance;
    const { id } = await directory.createAgent(agent({ name: 'One' }), BY_ADMIN);
    await directory.patchAgent(id, { name: 'Two' }, BY_ADMIN);
    await directory.putNumber(e164(0), number(id, { agentVersion: 1 }), BY_ADMIN);

    process.kill(await server.pid(), 'SIGKILL');
    // The last processes of a killed server may still take a change or two.
    await soon(() => expect(directory.patchAgent(id, { name: 'Just made it' }, BY_ADMIN)).rejects.toThrow());
    const last = directory.findAgent(id)?.name;
    const refused = await directory.patchAgent(id, { name: 'Lost' }, BY_ADMIN).catch((error) => error);
    const during = [
      directory.findNumber(e164(0))?.agentId,
      directory.findAgent(id)?.name,
      directory.findAgent(id, 1)?.name,
    ];

    expect(refused).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(['Two', 'Just made it']).toContain(last);
    expect(during).toEqual([id, last, 'One']);
    await soon(() => directory.patchAgent(id, { name: 'Three' }, BY_ADMIN));
    expect(directory.findAgent(id)?.name).toBe('Three');
    const { items } = await directory.listVersions(id, { limit: 10 });
    const names = items.map(({ name }) => name).filter((name) => name !== 'Just made it');
    expect(names).toEqual(['Three', 'Two', 'One']);
  });
});

describe('the directory whose notifications do not come', () => {
  let fresh: FreshDatabase;
  let writer: Instance;
  let clock: FakeClock;
  let deaf: ReturnType<typeof storeDirectory>;
  let isAway: boolean;

  beforeAll(async () => {
    fresh = await freshDatabase();
  });
  beforeEach(async () => {
    writer = await openInstance(fresh.url);
    clock = new FakeClock();
    isAway = false;
    const through: Database = {
      ...writer.database,
      query: (...given) => (isAway ? Promise.reject(new Error('away')) : writer.database.query(...given)),
      listen: () => undefined,
    };
    const log = createLog('silent');
    deaf = storeDirectory({
      database: through,
      clock,
      ids: randomIds(),
      defaultModelId: MODEL,
      seal: (secret) => secret,
      log,
    });
    await deaf.load();
  });
  afterEach(async () => {
    deaf.close();
    await writer.close();
    await onServer(fresh.url, 'TRUNCATE agents, agent_versions, numbers, audit_entries');
  });
  afterAll(() => fresh.drop());

  it('finds changes within half a minute, deletions too', async () => {
    const { id } = await writer.directory.createAgent(agent(), BY_ADMIN);
    await writer.directory.putNumber(e164(0), number(id), BY_ADMIN);
    clock.advance(30_000);
    await soon(() => expect(deaf.findNumber(e164(0))?.agentId).toBe(id));

    await writer.directory.deleteNumber(e164(0), BY_ADMIN);
    await writer.directory.deleteAgent(id, BY_ADMIN);
    clock.advance(29_999);
    expect(deaf.findAgent(id)).toBeDefined();
    clock.advance(1);

    await soon(() => expect([deaf.findAgent(id), deaf.findNumber(e164(0))]).toEqual([undefined, undefined]));
  });

  it('finds also what was written while looking failed', async () => {
    const { id } = await writer.directory.createAgent(agent(), BY_ADMIN);
    isAway = true;
    clock.advance(30_000);
    await soon(() => expect(clock.pendingTimers).toBe(2));

    isAway = false;
    clock.advance(1000);

    await soon(() => expect(deaf.findAgent(id)).toBeDefined());
  });

  it('takes what there is when the database was put back to an earlier state', async () => {
    const { id } = await writer.directory.createAgent(agent(), BY_ADMIN);
    clock.advance(30_000);
    await soon(() => expect(deaf.findAgent(id)).toBeDefined());

    await onServer(fresh.url, 'TRUNCATE agents CASCADE');
    await onServer(fresh.url, 'UPDATE directory_changes SET count = 0');
    clock.advance(30_000);

    await soon(() => expect(deaf.findAgent(id)).toBeUndefined());
  });

  it('asks for nothing more once it is closed', async () => {
    deaf.close();

    expect(clock.pendingTimers).toBe(0);
  });
});
