import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { IdempotencyKeys } from '../../src/access/idempotency.js';
import { FakeClock } from '../../src/clock.js';
import { createLog } from '../../src/log.js';
import { connectDatabase, type Database } from '../../src/store/database.js';
import { forgetAnswers, idempotencyKeys, pruneKeys } from '../../src/store/idempotency.js';
import { untilKept } from '../../src/store/until-kept.js';
import { onServer } from './on-server.js';
import { type FreshDatabase, freshDatabase } from './postgres.js';

const DAY_MS = 86_400_000;

let fresh: FreshDatabase;
let database: Database;
let clock: FakeClock;
let keys: IdempotencyKeys;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = connectDatabase({ url: fresh.url, clock: new FakeClock(), log: createLog('silent') });
});
beforeEach(() => {
  clock = new FakeClock();
  keys = idempotencyKeys({ database, clock, kept: untilKept({ clock, log: createLog('silent') }) });
});
afterEach(async () => {
  await onServer(fresh.url, 'TRUNCATE idempotency_keys');
});
afterAll(async () => {
  await database.close();
  await fresh.drop();
});

describe('an idempotency key', () => {
  it('is new once, then running, then finished with the first answer', async () => {
    expect(await keys.begin('k', 'a', 'h')).toEqual({ state: 'new' });
    expect(await keys.begin('k', 'a', 'h')).toEqual({ state: 'running' });

    await keys.finish('k', 'a', 201, { b: 1, a: [null, 'x'] });

    const remembered = await keys.begin('k', 'a', 'h');
    expect(remembered).toEqual({ state: 'finished', status: 201, body: { b: 1, a: [null, 'x'] } });
    expect(JSON.stringify(remembered)).toContain('{"b":1,"a"');
  });

  it('is new for one of twenty that come with it at once', async () => {
    const states = await Promise.all(Array.from({ length: 20 }, () => keys.begin('k', 'a', 'h')));

    expect(states.filter(({ state }) => state === 'new')).toHaveLength(1);
    expect(states.filter(({ state }) => state === 'running')).toHaveLength(19);
  });

  it('belongs to one token and one request', async () => {
    await keys.begin('k', 'a', 'h');

    expect(await keys.begin('k', 'b', 'h')).toEqual({ state: 'new' });
    expect(await keys.begin('k', 'a', 'other')).toEqual({ state: 'other-request' });
    await keys.finish('k', 'a', 200, 'done');
    expect(await keys.begin('k', 'a', 'other')).toEqual({ state: 'other-request' });
  });

  it('may be used again when it was released, but not when it was finished', async () => {
    await keys.begin('k', 'a', 'h');
    await keys.release('k', 'a');
    expect(await keys.begin('k', 'a', 'other')).toEqual({ state: 'new' });

    await keys.finish('k', 'a', 204, undefined);
    await keys.release('k', 'a');

    expect(await keys.begin('k', 'a', 'other')).toEqual({ state: 'finished', status: 204, body: null });
  });

  it('is never taken over: of what has no answer after a minute nobody knows whether it was done', async () => {
    await keys.begin('k', 'a', 'h');

    clock.advance(60_000);
    expect(await keys.begin('k', 'a', 'h')).toEqual({ state: 'running' });
    clock.advance(1);
    expect(await keys.begin('k', 'a', 'other')).toEqual({ state: 'other-request' });
    expect(await keys.begin('k', 'a', 'h')).toEqual({ state: 'unknown' });
    clock.advance(DAY_MS - 60_001);
    expect(await keys.begin('k', 'a', 'h')).toEqual({ state: 'unknown' });
    clock.advance(1);
    expect(await keys.begin('k', 'a', 'h')).toEqual({ state: 'new' });
  });

  it('is finished also when the answer comes later than that', async () => {
    await keys.begin('k', 'a', 'h');
    clock.advance(120_000);
    await keys.finish('k', 'a', 201, 'late');

    expect(await keys.begin('k', 'a', 'h')).toEqual({ state: 'finished', status: 201, body: 'late' });
  });

  it('does not say whom it has called, nor lets them be called again, when that person is forgotten', async () => {
    const [theirs, others] = ['+14155550171', '+14155550172'];
    for (const [key, to] of [
      ['k1', theirs],
      ['k2', others],
    ] as const) {
      await keys.begin(key, 'a', 'h');
      await keys.finish(key, 'a', 201, { to });
    }
    await keys.begin('k3', 'a', 'h');
    await keys.finish('k3', 'a', 204, undefined);

    await forgetAnswers(database.query, theirs);

    await expect(keys.begin('k1', 'a', 'h')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await keys.begin('k1', 'a', 'other')).toEqual({ state: 'other-request' });
    expect(await keys.begin('k2', 'a', 'h')).toEqual({ state: 'finished', status: 201, body: { to: others } });
    expect(await keys.begin('k3', 'a', 'h')).toEqual({ state: 'finished', status: 204, body: null });
    expect(JSON.stringify(await onServer(fresh.url, 'SELECT * FROM idempotency_keys'))).not.toContain(theirs);
  });

  it('is forgotten after a day', async () => {
    await keys.begin('k', 'a', 'h');
    await keys.finish('k', 'a', 200, 'first');

    clock.advance(DAY_MS);
    expect((await keys.begin('k', 'a', 'h')).state).toBe('finished');
    clock.advance(1);

    expect(await keys.begin('k', 'a', 'other')).toEqual({ state: 'new' });
    expect(await keys.begin('k', 'a', 'other')).toEqual({ state: 'running' });
  });

  it('leaves nothing behind when its day is over', async () => {
    for (const key of ['k1', 'k2', 'k3']) await keys.begin(key, 'a', 'h');
    clock.advance(DAY_MS + 1);
    await keys.begin('k4', 'a', 'h');

    await pruneKeys(database.query, clock.now());

    expect(await onServer(fresh.url, 'SELECT key FROM idempotency_keys')).toEqual([{ key: 'k4' }]);
  });

  it.each(['', 'a\u0000b', '\ud800', 'x'.repeat(256)])('is refused as %j', async (key) => {
    await expect(keys.begin(key, 'a', 'h')).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      details: { field: 'Idempotency-Key' },
    });
  });

  it('may say anything else', async () => {
    const key = `'); DROP TABLE idempotency_keys; -- \u{1f600}`;

    expect(await keys.begin(key, 'a', 'h')).toEqual({ state: 'new' });
    await keys.finish(key, 'a', 200, { text: '\u0000' });

    expect(await keys.begin(key, 'a', 'h')).toEqual({ state: 'finished', status: 200, body: { text: '\ufffd' } });
  });
});
