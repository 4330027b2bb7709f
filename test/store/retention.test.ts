import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallEvent, CallFact } from '../../src/call/events.js';
import type { ToolCallRecord } from '../../src/call/record.js';
import { FakeClock } from '../../src/clock.js';
import { createLog } from '../../src/log.js';
import { connectDatabase, type Database } from '../../src/store/database.js';
import { tellGone } from '../../src/store/gone-calls.js';
import { retainCalls } from '../../src/store/retention.js';
import { agent, BY_ADMIN, e164, number } from './directory-rig.js';
import { onServer } from './on-server.js';
import { callerTurn, type OpenedStore, openFreshStore, rang } from './opened-store.js';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 1);
const PERSON = '+14155550177';
const TOOL_CALL: ToolCallRecord = {
  ...{ id: 't1', name: 'find', kind: 'scripted', input: {}, output: {} },
  ...{ startMs: 0, durationMs: 1, outcome: 'answered' },
};
const log = createLog('silent');

let opened: OpenedStore;
let database: Database;

beforeAll(async () => {
  opened = await openFreshStore({ clock: new FakeClock() });
  database = connectDatabase({ url: opened.url, clock: new FakeClock(), log });
});
beforeEach(async () => {
  const { directory } = opened.store;
  const { id } = await directory.createAgent(agent(), BY_ADMIN);
  await directory.putNumber(e164(0), number(id, { retentionDays: 1 }), BY_ADMIN);
  await directory.putNumber(e164(1), number(id, { retentionDays: 30 }), BY_ADMIN);
  await directory.putNumber(e164(2), number(id), BY_ADMIN);
});
afterEach(async () => {
  await onServer(
    opened.url,
    'TRUNCATE calls, turns, tool_calls, call_events, jobs, audit_entries, numbers, former_numbers, agents, agent_versions',
  );
});
afterAll(async () => {
  await database.close();
  await opened.close();
});

const tell = (callSid: string, fact: CallFact, wallTimeMs: number, atMs = 0) =>
  opened.records.listener({ callSid, atMs, ...fact } as CallEvent, wallTimeMs);

/** A call over `ours` that has ended at the start, with a turn and a tool. */
const ended = async (callSid: string, ours: string, direction: 'inbound' | 'outbound' = 'inbound') => {
  const [from, to] = direction === 'inbound' ? [PERSON, ours] : [ours, PERSON];
  tell(callSid, rang({ direction, from, to }), START_MS - 60_000);
  tell(callSid, { kind: 'answered' }, START_MS - 60_000);
  tell(callSid, callerTurn(0, 'hello'), START_MS);
  tell(callSid, { kind: 'toolChanged', toolCall: TOOL_CALL }, START_MS);
  tell(callSid, { kind: 'ended', endReason: 'caller-hung-up' }, START_MS, 60_000);
  await opened.store.flush(5000);
};
const retain = (options: { afterMs: number; removed?: (callSids: readonly string[]) => unknown }) =>
  retainCalls({
    database,
    clock: new FakeClock(START_MS + options.afterMs),
    removed: options.removed ?? (() => undefined),
  });
const left = async () =>
  (await onServer<{ sid: string }>(opened.url, 'SELECT call_sid AS sid FROM calls ORDER BY 1')).map(({ sid }) => sid);
const entries = async () => (await opened.store.audit.list({ action: 'calls.expired' }, { limit: 100 })).items;

describe('calls beyond the days of their number', () => {
  it('are deleted with all that belongs to them, each number by its own days', async () => {
    for (const index of [0, 1, 2]) {
      await ended(`CAin${index}`, e164(index));
      await ended(`CAout${index}`, e164(index), 'outbound');
    }
    const early = await retain({ afterMs: DAY_MS });
    const dayLater = await retain({ afterMs: DAY_MS + 1 });
    const afterDay = await left();
    const monthLater = await retain({ afterMs: 30 * DAY_MS + 1 });

    expect([early, dayLater, monthLater]).toEqual([0, 2, 2]);
    expect(afterDay).toEqual(['CAin1', 'CAin2', 'CAout1', 'CAout2']);
    expect(await left()).toEqual(['CAin2', 'CAout2']);
    for (const table of ['turns', 'tool_calls']) {
      const rows = await onServer<{ sid: string }>(opened.url, `SELECT call_sid AS sid FROM ${table} ORDER BY 1`);
      expect(rows.map(({ sid }) => sid)).toEqual(['CAin2', 'CAout2']);
    }
  });

  it('leave an entry in the audit trail for each number and run that had any, which names no caller', async () => {
    await ended('CA1', e164(0));
    await ended('CA2', e164(0), 'outbound');
    await ended('CA3', e164(1));
    await retain({ afterMs: DAY_MS + 1 });
    await retain({ afterMs: DAY_MS + 2 });
    await retain({ afterMs: 31 * DAY_MS });

    const items = await entries();
    expect(items).toMatchObject([
      { subject: `number/${e164(1)}`, before: { calls: 1, retentionDays: 30 }, after: null },
      {
        subject: `number/${e164(0)}`,
        before: { calls: 2, retentionDays: 1 },
        at: new Date(START_MS + DAY_MS + 1).toISOString(),
      },
    ]);
    expect(JSON.stringify(items)).not.toContain(PERSON);
  });

  it('are told to every instance, which may still have them in memory', async () => {
    const gone: string[] = [];
    const other = await opened.another({ lostCalls: (callSids) => gone.push(...callSids) });
    const soon = (check: () => Promise<void> | void) => vi.waitFor(check, { interval: 5, timeout: 60_000 });
    // It hears from the moment on at which its connection for that stands.
    await soon(async () => {
      await tellGone(database.query, ['CAprobe']);
      expect(gone).toContain('CAprobe');
    });
    await ended('CA1', e164(0));
    await ended('CA2', e164(2));
    await retain({ afterMs: DAY_MS + 1 });
    await soon(() => expect(gone.filter((callSid) => callSid !== 'CAprobe')).toEqual(['CA1']));
    await other.close();
  });

  it('count from their end, and not at all while they go on', async () => {
    tell('CAlong', rang({ from: PERSON, to: e164(0) }), START_MS - 10 * DAY_MS);
    tell('CAlong', { kind: 'answered' }, START_MS - 10 * DAY_MS);
    await opened.store.flush(5000);
    const goesOn = await retain({ afterMs: 5 * DAY_MS });
    tell('CAlong', { kind: 'ended', endReason: 'silence' }, START_MS + 5 * DAY_MS);
    await opened.store.flush(5000);

    expect([goesOn, await retain({ afterMs: 6 * DAY_MS }), await retain({ afterMs: 6 * DAY_MS + 1 })]).toEqual([
      0, 0, 1,
    ]);
  });

  it('are those of the number that was ours, not of a person who has it', async () => {
    // Our number rings another one of ours.
    tell('CAours', rang({ from: e164(0), to: e164(2) }), START_MS);
    tell('CAours', { kind: 'ended', endReason: 'silence' }, START_MS);
    await opened.store.flush(5000);

    expect(await retain({ afterMs: 365 * DAY_MS })).toBe(0);
  });
});

describe('calls without a number', () => {
  it('go on expiring after the days of the number that was deleted', async () => {
    for (const index of [0, 1, 2]) await ended(`CA${index}`, e164(index));
    const { directory } = opened.store;
    for (const index of [0, 1, 2]) await directory.deleteNumber(e164(index), BY_ADMIN);

    expect(await retain({ afterMs: DAY_MS + 1 })).toBe(1);
    expect(await left()).toEqual(['CA1', 'CA2']);
    expect(await retain({ afterMs: 30 * DAY_MS + 1 })).toBe(1);
    // That number kept its calls for ever.
    expect(await left()).toEqual(['CA2']);
  });

  it('expire after thirty days when the number never was in the directory, with recordings and an audit entry', async () => {
    await ended('CAin', e164(7));
    await ended('CAout', e164(8), 'outbound');
    await ended('CAkept', e164(2), 'outbound');
    tell('CAlive', rang({ from: PERSON, to: e164(7) }), START_MS);
    await opened.store.flush(5000);
    const removed: string[] = [];
    const counts = [];
    for (const afterMs of [30 * DAY_MS, 30 * DAY_MS + 1]) {
      counts.push(await retain({ afterMs, removed: (callSids) => removed.push(...callSids) }));
    }

    expect(counts).toEqual([0, 2]);
    expect(removed.sort()).toEqual(['CAin', 'CAout']);
    expect(await left()).toEqual(['CAkept', 'CAlive']);
    const items = await entries();
    expect(items.map(({ subject, before }) => ({ subject, before }))).toEqual(
      [8, 7].map((index) => ({ subject: `number/${e164(index)}`, before: { calls: 1, retentionDays: 30 } })),
    );
    expect(JSON.stringify(items)).not.toContain(PERSON);
  });

  it('are those of the number again when it comes back', async () => {
    await ended('CA0', e164(0));
    const { directory } = opened.store;
    const { agentId } = directory.findNumber(e164(0))!;
    await directory.deleteNumber(e164(0), BY_ADMIN);
    await directory.putNumber(e164(0), number(agentId), BY_ADMIN);
    const keptForEver = await retain({ afterMs: 365 * DAY_MS });
    await directory.deleteNumber(e164(0), BY_ADMIN);

    expect([keptForEver, await retain({ afterMs: 365 * DAY_MS })]).toEqual([0, 0]);
    expect(await left()).toEqual(['CA0']);
  });

  it('are test calls, which expire after thirty days', async () => {
    tell('CAtest', rang({ from: 'anonymous', to: 'test', test: true }), START_MS);
    tell('CAtest', { kind: 'ended', endReason: 'silence' }, START_MS);
    await opened.store.flush(5000);

    expect(await retain({ afterMs: 30 * DAY_MS })).toBe(0);
    expect(await retain({ afterMs: 30 * DAY_MS + 1 })).toBe(1);
    expect(await entries()).toMatchObject([{ subject: 'number/test', before: { calls: 1, retentionDays: 30 } }]);
  });
});

describe('recordings of calls that are deleted', () => {
  it('are removed before the rows', async () => {
    await ended('CA1', e164(0));
    await ended('CA2', e164(0));
    const seen: { callSids: readonly string[]; rows: string[] }[] = [];
    await retain({
      afterMs: DAY_MS + 1,
      async removed(callSids) {
        seen.push({ callSids: [...callSids].sort(), rows: await left() });
      },
    });

    expect(seen).toEqual([{ callSids: ['CA1', 'CA2'], rows: ['CA1', 'CA2'] }]);
    expect(await left()).toEqual([]);
  });

  it('are named again by the next run when they could not be removed, and the rows stay until then', async () => {
    await ended('CA1', e164(0));
    const fails = retain({ afterMs: DAY_MS + 1, removed: () => Promise.reject(new Error('no such bucket')) });
    await expect(fails).rejects.toThrow('no such bucket');
    const afterFailure = [await left(), await entries()];
    const named: string[] = [];
    await retain({ afterMs: DAY_MS + 2, removed: (callSids) => named.push(...callSids) });

    expect(afterFailure).toEqual([['CA1'], []]);
    expect(named).toEqual(['CA1']);
    expect(await left()).toEqual([]);
  });

  it('are named in handfuls, however many there are', async () => {
    await onServer(
      opened.url,
      `INSERT INTO calls (call_sid, instance_id, direction, from_number, to_number, state, started_at, ended_at, test,
         turn_count, tool_call_count, streams, usage, audio, variables, faults, changed_at)
       SELECT 'CA' || n, gen_random_uuid(), 'inbound', $1, $2, 'ended', $3, $3, false, 0, 0, '[]', '{}', '{}', '{}', '{}', $3
       FROM generate_series(1, 10_750) n`,
      [PERSON, e164(0), new Date(START_MS)],
    );
    const sizes: number[] = [];
    const count = await retain({ afterMs: DAY_MS + 1, removed: (callSids) => sizes.push(callSids.length) });

    expect(count).toBe(10_750);
    expect(Math.max(...sizes)).toBe(500);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(10_750);
    expect((await entries()).map(({ before }) => before)).toEqual([
      { calls: 750, retentionDays: 1 },
      { calls: 10_000, retentionDays: 1 },
    ]);
  });
});

describe('several instances that delete at the same moment', () => {
  it('count and enter each call once', async () => {
    for (let call = 0; call < 12; call++) await ended(`CA${call}`, e164(0));

    const counts = await Promise.all([1, 2, 3, 4].map(() => retain({ afterMs: DAY_MS + 1 })));

    expect(counts.reduce((sum, count) => sum + count)).toBe(12);
    const items = await entries();
    expect(items.reduce((sum, { before }) => sum + (before as { calls: number }).calls, 0)).toBe(12);
    expect(await left()).toEqual([]);
  });
});

describe('the days of a number', () => {
  it('are those of now: longer ones keep what was not deleted yet, and none keep everything', async () => {
    await ended('CA0', e164(0));
    await ended('CA1', e164(1));
    const { directory } = opened.store;
    const { agentId } = directory.findNumber(e164(0))!;
    await directory.putNumber(e164(0), number(agentId, { retentionDays: 3 }), BY_ADMIN);
    await directory.putNumber(e164(1), number(agentId), BY_ADMIN);

    expect(await retain({ afterMs: 2 * DAY_MS })).toBe(0);
    expect(await retain({ afterMs: 3 * DAY_MS + 1 })).toBe(1);
    expect(await retain({ afterMs: 3650 * DAY_MS })).toBe(0);
    expect(await left()).toEqual(['CA1']);
  });
});
