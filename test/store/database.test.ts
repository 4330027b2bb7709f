import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { realClock } from '../../src/clock.js';
import { BridgeError } from '../../src/errors.js';
import { createLog } from '../../src/log.js';
import { connectDatabase, type Database, type DatabaseOptions } from '../../src/store/database.js';
import { asStoreError } from '../../src/store/store-error.js';
import { onServer } from './on-server.js';
import { type OwnServer, startOwnServer } from './own-server.js';
import { type FreshDatabase, freshDatabase } from './postgres.js';

const AWAY = { code: 'STORE_UNAVAILABLE', message: 'The database cannot be reached at the moment.' };
const open: Database[] = [];
const connect = (url: string, options: Partial<DatabaseOptions> = {}) => {
  const limits = { connectLimitMs: 1000, answerLimitMs: 1000 };
  const database = connectDatabase({ url, clock: realClock(), log: createLog('silent'), ...limits, ...options });
  open.push(database);
  return database;
};

/** Waits for what comes by itself. */
const soon = <Result>(check: () => Promise<Result> | Result) => vi.waitFor(check, { interval: 5, timeout: 60_000 });

/** Resolves when somebody runs this statement on the server. */
const isRunning = (url: string, sql: string) =>
  soon(async () =>
    expect(
      await onServer(url, 'SELECT pid FROM pg_stat_activity WHERE query = $1 AND pid <> pg_backend_pid()', [sql]),
    ).not.toEqual([]),
  );

afterEach(async () => {
  for (const database of open.splice(0)) await database.close();
});

describe('the database', () => {
  let fresh: FreshDatabase;

  beforeAll(async () => {
    fresh = await freshDatabase();
    await onServer(fresh.url, 'CREATE TABLE kept (id integer PRIMARY KEY)');
  });
  afterEach(async () => {
    await onServer(fresh.url, 'TRUNCATE kept');
  });
  afterAll(() => fresh.drop());

  const kept = async () =>
    (await onServer<{ id: number }>(fresh.url, 'SELECT id FROM kept ORDER BY id')).map(({ id }) => id);

  it('keeps all of a transaction or nothing', async () => {
    const database = connect(fresh.url);

    await database.transaction(async (query) => {
      await query('INSERT INTO kept VALUES (1)');
      await query('INSERT INTO kept VALUES (2)');
    });
    const second = database.transaction(async (query) => {
      await query('INSERT INTO kept VALUES (3)');
      throw new Error('changed my mind');
    });

    await expect(second).rejects.toThrow('changed my mind');
    expect(await kept()).toEqual([1, 2]);
  });

  it('does not take a transaction for kept in which the error of a statement was swallowed', async () => {
    const transaction = connect(fresh.url).transaction(async (query) => {
      await query('INSERT INTO kept VALUES (1)');
      await query('SELECT 1 / 0').catch(() => undefined);
    });

    await expect(transaction).rejects.toThrow('its error was lost');
    expect(await kept()).toEqual([]);
  });

  it('leaves errors of statements what they are', async () => {
    const database = connect(fresh.url);

    await expect(database.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' });
    await expect(database.transaction((query) => query('SELECT nothing'))).rejects.toMatchObject({ code: '42703' });
    await expect(database.transaction(() => Promise.reject(new BridgeError('CONFLICT', 'no')))).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  it('uses a connection again after an error, and never one that stands within a transaction', async () => {
    const database = connect(fresh.url, { maxConnections: 1 });

    await database.transaction((query) => query('SELECT 1 / 0')).catch(() => undefined);
    await database.query('INSERT INTO kept VALUES (1)');

    expect(await kept()).toEqual([1]);
  });

  it('gives up a statement that takes too long, here and on the server', async () => {
    const database = connect(fresh.url, { answerLimitMs: 100 });

    await expect(database.query('SELECT pg_sleep(30)')).rejects.toMatchObject(AWAY);
    await expect(database.transaction((query) => query('SELECT pg_sleep(31)'))).rejects.toMatchObject(AWAY);

    await soon(async () =>
      expect(await onServer(fresh.url, "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(3%'")).toEqual(
        [],
      ),
    );
  });

  it('gives up when all connections stay in use', async () => {
    const database = connect(fresh.url, { maxConnections: 1, connectLimitMs: 100 });
    // The one there is; a busy machine may take more than one attempt.
    await soon(() => database.query('SELECT 1'));

    await database.transaction(async () => {
      await expect(database.query('SELECT 1')).rejects.toMatchObject(AWAY);
    });
  });

  it('ends once, however often it is closed, and is away from then on', async () => {
    const database = connect(fresh.url);
    await database.query('SELECT 1');

    await Promise.all([database.close(), database.close()]);

    await expect(database.query('SELECT 1')).rejects.toMatchObject(AWAY);
  });

  it('hears what is notified, channel by channel, in order', async () => {
    const database = connect(fresh.url);
    const heard: string[] = [];
    await new Promise<void>((resolve) => database.listen('a', (text) => heard.push(`a ${text}`), resolve));
    await new Promise<void>((resolve) => database.listen('B c', (text) => heard.push(`b ${text}`), resolve));

    await database.query(
      "SELECT pg_notify('a', '1'), pg_notify('B c', '2'), pg_notify('other', '3'), pg_notify('a', '4')",
    );

    await soon(() => expect(heard).toEqual(['a 1', 'b 2', 'a 4']));
  });

  it('registers all who come while it is still connecting, and tells each that it stands', async () => {
    const database = connect(fresh.url);
    const told = [0, 0, 0];

    for (const index of told.keys())
      database.listen(
        `c${index}`,
        () => undefined,
        () => told[index]!++,
      );

    await soon(() => expect(told).toEqual([1, 1, 1]));
  });

  it('registers those who come later one after the other, as one connection can', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    const database = connect(fresh.url);
    const heard: string[] = [];
    await new Promise<void>((resolve) => database.listen('c0', () => undefined, resolve));

    const channels = ['c1', 'c2', 'c3', 'c4'];
    const told = channels.map(
      (channel) => new Promise<void>((resolve) => database.listen(channel, (text) => heard.push(text), resolve)),
    );
    await Promise.all(told);
    for (const channel of channels) await database.query('SELECT pg_notify($1, $1)', [channel]);

    await soon(() => expect(heard).toEqual(channels));
    expect(warnings).toEqual([]);
  });

  it('makes its listening connection again when that is lost, and says so', async () => {
    const database = connect(fresh.url);
    let connected = 0;
    const heard: string[] = [];
    database.listen(
      'a',
      (text) => heard.push(text),
      () => connected++,
    );
    await soon(() => expect(connected).toBe(1));

    await onServer(
      fresh.url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%listening'",
    );

    await soon(() => expect(connected).toBe(2));
    await database.query("SELECT pg_notify('a', 'back')");
    await soon(() => expect(heard).toEqual(['back']));
  });
});

describe('an address where nobody answers', () => {
  it.each([
    ['refuses', 'postgres://oratio@127.0.0.1:1/oratio'],
    ['has no name', 'postgres://oratio@nowhere.invalid/oratio'],
    ['has no socket', 'postgres://oratio@localhost/oratio?host=%2Fnowhere'],
  ])('that %s is away', async (_what, url) => {
    await expect(connect(url).query('SELECT 1')).rejects.toMatchObject(AWAY);
    await expect(connect(url).transaction((query) => query('SELECT 1'))).rejects.toMatchObject(AWAY);
  });

  it.each(['says nothing', 'hangs up'])('that %s is away', async (what) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      if (what === 'hangs up') socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };

    await expect(
      connect(`postgres://oratio@127.0.0.1:${port}/oratio`, { connectLimitMs: 50 }).query('SELECT 1'),
    ).rejects.toMatchObject(AWAY);

    server.close();
  });
});

describe('a server that goes away', () => {
  let server: OwnServer;

  beforeAll(async () => {
    server = await startOwnServer();
  });
  afterAll(() => server.stop());

  const signal = async (name: NodeJS.Signals) => process.kill(await server.pid(), name);

  it.each(['SIGINT', 'SIGQUIT', 'SIGKILL'] as const)(
    'by %s fails what is under way as STORE_UNAVAILABLE, and comes back by itself',
    async (name) => {
      const database = connect(server.url);
      let connected = 0;
      database.listen(
        'a',
        () => undefined,
        () => connected++,
      );
      await soon(() => expect(connected).toBe(1));
      await Promise.all([database.query('SELECT 1'), database.query('SELECT 2')]);
      const statement = database.query('SELECT pg_sleep(0.9)');
      const inTransaction = database.transaction((query) => query('SELECT pg_sleep(0.8)'));
      let goOn = (): void => undefined;
      let backend = 0;
      const between = database.transaction(async (query) => {
        backend = (await query<{ pid: number }>('SELECT pg_backend_pid() AS pid'))[0]!.pid;
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        await query('SELECT 4');
      });
      const outcomes = Promise.all(
        [statement, inTransaction, between].map((each) =>
          each.then(
            () => 'done',
            (error: BridgeError) => error.code,
          ),
        ),
      );
      await isRunning(server.url, 'SELECT pg_sleep(0.9)');
      await soon(() => expect(backend).not.toBe(0));

      await signal(name);
      const gone = await soon(() => database.query('SELECT 1').then(() => expect.fail('still there'), asStoreError));
      await soon(() => expect(() => process.kill(backend, 0)).toThrow('ESRCH'));
      goOn();

      expect(await outcomes).toEqual(Array(3).fill('STORE_UNAVAILABLE'));
      expect(gone).toMatchObject(AWAY);
      await soon(() => database.query('SELECT 1'));
      // After SIGKILL old sessions may live a little longer than the server that made them.
      await soon(() => expect(connected).toBeGreaterThan(1));
    },
    30_000,
  );

  it('by freezing is away after the limit, and there again when it goes on', async () => {
    const database = connect(server.url, { answerLimitMs: 200, connectLimitMs: 200 });
    const { pid } = (await database.query<{ pid: number }>('SELECT pg_backend_pid() AS pid'))[0]!;

    await signal('SIGSTOP');
    process.kill(pid, 'SIGSTOP');
    const outcomes = await Promise.allSettled([database.query('SELECT 1'), database.query('SELECT 2')]);
    process.kill(pid, 'SIGCONT');
    await signal('SIGCONT');

    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: AWAY });
    await soon(() => database.query('SELECT 1'));
  });

  it('is away while it has no connection left', async () => {
    const limits = { connectLimitMs: 20_000, answerLimitMs: 20_000 };
    const holder = connect(server.url, { maxConnections: 60, ...limits });
    let letGo = (): void => undefined;
    const refused = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const held = Array.from({ length: 60 }, () =>
      holder
        .transaction(() => refused)
        .then(
          () => 'done',
          ({ code }: BridgeError) => {
            letGo();
            return code;
          },
        ),
    );

    const outcomes = new Set(await Promise.all(held));

    expect(outcomes).toEqual(new Set(['done', 'STORE_UNAVAILABLE']));
    await soon(() => holder.query('SELECT 1'));
  });
});
