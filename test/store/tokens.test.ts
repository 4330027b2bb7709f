import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TokenInput } from '../../src/access/tokens.js';
import { FakeClock } from '../../src/clock.js';
import { randomIds } from '../../src/ids.js';
import { createLog } from '../../src/log.js';
import { auditTrail } from '../../src/store/audit.js';
import { connectDatabase, type Database } from '../../src/store/database.js';
import { type StoredTokens, tokenStore } from '../../src/store/tokens.js';
import { ADMIN } from './directory-rig.js';
import { onServer } from './on-server.js';
import { type FreshDatabase, freshDatabase } from './postgres.js';

const SUPPORT: TokenInput = { name: 'Support desk', role: 'operator' };

let fresh: FreshDatabase;
let clock: FakeClock;
let one: { database: Database; tokens: StoredTokens };
let two: typeof one;

const openTokens = async () => {
  const log = createLog('silent');
  const database = connectDatabase({ url: fresh.url, clock, log, maxConnections: 4 });
  const tokens = tokenStore({ database, clock, ids: randomIds(), log });
  await tokens.load();
  return { database, tokens };
};

const soon = (check: () => Promise<void> | void) => vi.waitFor(check, { interval: 1, timeout: 60_000 });

beforeAll(async () => {
  fresh = await freshDatabase();
});

beforeEach(async () => {
  clock = new FakeClock();
  one = await openTokens();
  two = await openTokens();
});

afterEach(async () => {
  for (const { tokens, database } of [one, two]) {
    await tokens.close();
    await database.close();
  }
  await onServer(fresh.url, 'TRUNCATE tokens, audit_entries');
});

afterAll(() => fresh.drop());

describe('a token', () => {
  it('lets its holder in on every instance, and is kept only as a hash', async () => {
    const { token, info } = await one.tokens.create(SUPPORT, ADMIN);

    const holder = { id: info.id, name: 'Support desk', role: 'operator' };
    expect(token).toMatch(/^ort_[A-Za-z0-9_-]{43}$/);
    expect(info).toMatchObject({
      ...SUPPORT,
      createdBy: ADMIN.id,
      createdAt: '2026-01-01T00:00:00.000Z',
      revokedAt: null,
    });
    expect(one.tokens.holderOf(token, clock.now())).toEqual(holder);
    expect(one.tokens.holderById(info.id, clock.now())).toEqual(holder);
    await soon(() => expect(two.tokens.holderOf(token, clock.now())).toEqual(holder));
    const [row] = await onServer<{ text: string }>(fresh.url, 'SELECT tokens::text AS text FROM tokens');
    expect(row?.text).not.toContain(token.slice(4));
  });

  it('is known to an instance that starts later', async () => {
    const { token, info } = await one.tokens.create(SUPPORT, ADMIN);

    const third = await openTokens();

    expect(third.tokens.holderOf(token, clock.now())?.id).toBe(info.id);
    await third.tokens.close();
    await third.database.close();
  });

  it.each(['', 'ort_', 'x', `ort_${'A'.repeat(43)}`, `ort_\u0000`, "' OR 1=1 --", 'x'.repeat(100_000)])(
    'that is none lets nobody in: %j',
    async (text) => {
      await one.tokens.create(SUPPORT, ADMIN);

      expect(one.tokens.holderOf(text, clock.now())).toBeUndefined();
      expect(one.tokens.holderById(text, clock.now())).toBeUndefined();
    },
  );

  it('that is revoked lets nobody in: here at once, elsewhere when it is heard', async () => {
    const { token, info } = await one.tokens.create(SUPPORT, ADMIN);
    await soon(() => expect(two.tokens.holderOf(token, clock.now())).toBeDefined());

    await one.tokens.revoke(info.id, ADMIN);

    expect(one.tokens.holderOf(token, clock.now())).toBeUndefined();
    expect(one.tokens.holderById(info.id, clock.now())).toBeUndefined();
    await soon(() => expect(two.tokens.holderOf(token, clock.now())).toBeUndefined());
    expect((await two.tokens.list({ limit: 1 })).items[0]?.revokedAt).toBe('2026-01-01T00:00:00.000Z');
  });

  it('stays revoked when a reading that began before comes late', async () => {
    const { token, info } = await one.tokens.create(SUPPORT, ADMIN);

    await Promise.all([two.tokens.load(), one.tokens.revoke(info.id, ADMIN), two.tokens.revoke(info.id, ADMIN)]);

    expect(two.tokens.holderOf(token, clock.now())).toBeUndefined();
    await soon(() => expect(one.tokens.holderOf(token, clock.now())).toBeUndefined());
  });

  it('is revoked once: the second time changes nothing', async () => {
    const { info } = await one.tokens.create(SUPPORT, ADMIN);
    await one.tokens.revoke(info.id, ADMIN);
    clock.advance(5000);

    await two.tokens.revoke(info.id, ADMIN);

    expect((await one.tokens.list({ limit: 1 })).items[0]?.revokedAt).toBe('2026-01-01T00:00:00.000Z');
    expect((await auditTrail({ ...one, clock }).list({}, { limit: 9 })).items).toHaveLength(2);
  });

  it.each(['token_none', '', 'a\u0000b', "' OR 1=1 --"])('that never was is not revoked: %j', async (id) => {
    await expect(one.tokens.revoke(id, ADMIN)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('lets nobody in from the moment on at which it expires', async () => {
    const { token } = await one.tokens.create({ ...SUPPORT, expiresAt: '2026-01-01T01:00:00Z' }, ADMIN);

    clock.advance(3_599_999);
    expect(one.tokens.holderOf(token, clock.now())).toBeDefined();
    clock.advance(1);

    expect(one.tokens.holderOf(token, clock.now())).toBeUndefined();
    expect((await one.tokens.list({ limit: 1 })).items[0]?.expiresAt).toBe('2026-01-01T01:00:00.000Z');
  });

  it.each(['2026-01-01T00:00:00Z', '1999-01-01T00:00:00Z', 'soon', '+099999-01-01T00:00:00Z'])(
    'cannot be made to expire at %s',
    async (expiresAt) => {
      await expect(one.tokens.create({ ...SUPPORT, expiresAt }, ADMIN)).rejects.toMatchObject({
        code: 'REQUEST_INVALID',
        details: { field: 'expiresAt' },
      });
    },
  );

  it('has any name but one that cannot be kept', async () => {
    const name = `"><script>'); DROP TABLE tokens; --`;

    expect((await one.tokens.create({ ...SUPPORT, name }, ADMIN)).info.name).toBe(name);
    await expect(one.tokens.create({ ...SUPPORT, name: 'a\u0000' }, ADMIN)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      details: { errors: [{ field: 'name' }] },
    });
  });

  it('remembers its last use, written at most once a minute', async () => {
    const { token } = await one.tokens.create(SUPPORT, ADMIN);
    const lastUsedAt = async () => (await one.tokens.list({ limit: 1 })).items[0]?.lastUsedAt;

    one.tokens.holderOf(token, clock.now());
    await soon(async () => expect(await lastUsedAt()).toBe('2026-01-01T00:00:00.000Z'));
    clock.advance(59_999);
    one.tokens.holderOf(token, clock.now());
    clock.advance(1);
    one.tokens.holderOf(token, clock.now());

    await soon(async () => expect(await lastUsedAt()).toBe('2026-01-01T00:01:00.000Z'));
    const [writes] = await onServer<{ count: string }>(
      fresh.url,
      'SELECT count(*) FROM tokens WHERE last_used_at IS NOT NULL',
    );
    expect(writes?.count).toBe('1');
  });

  it('goes on letting its holder in while the store is away', async () => {
    const { token, info } = await one.tokens.create(SUPPORT, ADMIN);

    await one.database.close();

    clock.advance(3_600_000);
    expect(one.tokens.holderOf(token, clock.now())?.id).toBe(info.id);
  });
});

describe('the list of tokens', () => {
  it('shows all of them, newest first, without their secrets', async () => {
    const made = [];
    for (const name of ['a', 'b', 'c']) made.push(await one.tokens.create({ ...SUPPORT, name }, ADMIN));
    await one.tokens.revoke(made[1]!.info.id, ADMIN);

    const first = await two.tokens.list({ limit: 2 });
    const second = await two.tokens.list({ limit: 2, cursor: first.nextCursor! });

    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(['c', 'b', 'a']);
    expect(second.nextCursor).toBeNull();
    expect(JSON.stringify([first, second])).not.toMatch(/ort_|hash/);
  });

  it('refuses a cursor that is none', async () => {
    await expect(one.tokens.list({ limit: 2, cursor: 'x' })).rejects.toMatchObject({ details: { field: 'cursor' } });
  });
});

describe('the audit trail of tokens', () => {
  it('has their creation and revocation, and nothing secret', async () => {
    const { token, info } = await one.tokens.create(SUPPORT, ADMIN);
    await one.tokens.revoke(info.id, { ...ADMIN, id: 'admin-token' });

    const { items } = await auditTrail({ ...one, clock }).list({}, { limit: 9 });

    expect(items).toMatchObject([
      {
        action: 'token.revoked',
        subject: `token/${info.id}`,
        actor: { id: 'admin-token' },
        before: { revokedAt: null },
      },
      {
        action: 'token.created',
        subject: `token/${info.id}`,
        actor: ADMIN,
        before: null,
        after: { name: 'Support desk' },
      },
    ]);
    expect(JSON.stringify(items)).not.toContain(token.slice(4));
  });
});
