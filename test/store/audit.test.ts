import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Actor } from '../../src/access/actor.js';
import { FakeClock } from '../../src/clock.js';
import { createLog } from '../../src/log.js';
import { auditTrail } from '../../src/store/audit.js';
import { connectDatabase, type Database } from '../../src/store/database.js';
import { ADMIN } from './directory-rig.js';
import { onServer } from './on-server.js';
import { type FreshDatabase, freshDatabase } from './postgres.js';

const BOB: Actor = { id: 'token_2', name: 'Bob', role: 'operator' };

let fresh: FreshDatabase;
let database: Database;
let clock: FakeClock;
let trail: ReturnType<typeof auditTrail>;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = connectDatabase({ url: fresh.url, clock: new FakeClock(), log: createLog('silent') });
});
beforeEach(() => {
  clock = new FakeClock();
  trail = auditTrail({ database, clock });
});
afterEach(async () => {
  await onServer(fresh.url, 'TRUNCATE audit_entries');
});
afterAll(async () => {
  await database.close();
  await fresh.drop();
});

/** One entry an hour: a0 of the administrator, a1 of Bob, and so on. */
const enterHourly = async (count: number) => {
  for (let hour = 0; hour < count; hour++) {
    const entry = { action: hour < 2 ? 'call.ended' : 'call.transferred', subject: `call/${hour % 3}` };
    await trail.enter({ ...entry, before: null, after: { hour } }, hour % 2 === 0 ? ADMIN : BOB);
    clock.advance(3_600_000);
  }
};

describe('the audit trail', () => {
  it('says what was done, to what, by whom, and when', async () => {
    await trail.enter(
      { action: 'call.ended', subject: 'call/CA1', before: { b: 1, a: [null] }, after: undefined },
      BOB,
    );

    expect((await trail.list({}, { limit: 5 })).items).toEqual([
      {
        id: expect.stringMatching(/^\d+$/),
        at: '2026-01-01T00:00:00.000Z',
        actor: BOB,
        action: 'call.ended',
        subject: 'call/CA1',
        before: { b: 1, a: [null] },
        after: null,
      },
    ]);
  });

  it('is read newest first, page by page, whatever is entered meanwhile', async () => {
    await enterHourly(5);

    const first = await trail.list({}, { limit: 2 });
    await trail.enter({ action: 'x', subject: 'y', before: null, after: null }, ADMIN);
    const second = await trail.list({}, { limit: 2, cursor: first.nextCursor! });
    const third = await trail.list({}, { limit: 2, cursor: second.nextCursor! });

    expect(
      [first, second, third].flatMap(({ items }) => items.map(({ after }) => (after as { hour: number }).hour)),
    ).toEqual([4, 3, 2, 1, 0]);
    expect(third.nextCursor).toBeNull();
  });

  it.each([
    [{ subject: 'call/0' }, [3, 0]],
    [{ actorId: BOB.id }, [5, 3, 1]],
    [{ action: 'call.ended' }, [1, 0]],
    [{ from: '2026-01-01T04:00:00Z' }, [5, 4]],
    [{ to: '2026-01-01T01:00:00Z' }, [0]],
    [{ from: '2026-01-01T01:00:00+00:00', to: '2026-01-01T03:00:00Z', actorId: BOB.id }, [1]],
    [{ subject: "' OR 1=1 --" }, []],
    [{ actorId: '', action: '%' }, []],
    [{ subject: 'x'.repeat(100_000) }, []],
  ])('filtered by %j', async (filter, hours) => {
    await enterHourly(6);

    const { items } = await trail.list(filter, { limit: 100 });

    expect(items.map(({ after }) => (after as { hour: number }).hour)).toEqual(hours);
  });

  it.each([
    [{ from: 'yesterday' }, 'from'],
    [{ to: '' }, 'to'],
    [{ to: '+275000-01-01T00:00:00Z' }, 'to'],
    [{ from: '2026-13-01' }, 'from'],
  ])('refuses the filter %j', async (filter, field) => {
    await expect(trail.list(filter, { limit: 1 })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      details: { field },
    });
  });

  it('refuses a filter that is no text, and a cursor that is none', async () => {
    await expect(trail.list({ subject: 'a\u0000' }, { limit: 1 })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      details: { errors: [{ field: 'subject' }] },
    });
    await expect(trail.list({}, { limit: 1, cursor: '-1' })).rejects.toMatchObject({ details: { field: 'cursor' } });
  });

  it('is never the reason why something cannot be done: what it cannot keep is shown as such', async () => {
    await trail.enter({ action: 'a', subject: 'b\u0000', before: { text: '\ud800x\u0000' }, after: null }, ADMIN);

    expect((await trail.list({}, { limit: 1 })).items).toMatchObject([
      { subject: 'b\ufffd', before: { text: '\ufffdx\ufffd' } },
    ]);
  });
});
