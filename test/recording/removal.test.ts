import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { QUIET_MS, REMOVAL_PATIENCE_MS } from '../../src/recording/spooled-store.js';
import { bytesOf, CALL, onDisk, onS3, PLACES, type Place, recorded, runsOf, sound, until } from './places.js';

const OTHER = `CA${'1'.repeat(32)}`;

/** A place where one recording is kept already. */
async function filled(place: () => Promise<Place>) {
  const site = await place();
  const store = await site.open();
  await (await recorded(store, 0, 400, 5)).close();
  return { ...site, store };
}

describe.each(PLACES)('the removal of a recording %s', (_where, place) => {
  it('leaves nothing of it, and the others alone', async () => {
    const { store, kept, spool, clock } = await filled(place);
    const other = store.create(OTHER);
    await other.write(0, sound(10, 1));
    await other.close();

    expect(await store.remove(CALL)).toBe('removed');

    expect(await kept(CALL)).toBeUndefined();
    expect(await store.open(CALL)).toBeUndefined();
    expect(await kept(OTHER)).toHaveLength(84);
    expect(await spool()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('says when there was none', async () => {
    const { store, spool } = await filled(place);

    expect(await store.remove(OTHER)).toBe('absent');
    expect(await Promise.all([store.remove(CALL), store.remove(OTHER)])).toEqual(['removed', 'absent']);
    expect(await store.remove(CALL)).toBe('absent');
    expect(await spool()).toEqual([]);
  });

  it('ends one that is being made: no more is written, nothing is kept', async () => {
    const { open, kept, spool } = await place();
    const store = await open();
    const sink = await recorded(store, 0, 400, 5);

    expect(await store.remove(CALL)).toBe('removed');
    expect(await spool()).toEqual([]);
    await sink.write(400, sound(400, 6));
    expect(await store.open(CALL)).toBeUndefined();
    expect(await sink.close()).toBeUndefined();

    expect(await spool()).toEqual([]);
    expect(await kept(CALL)).toBeUndefined();
  });

  it('ends one of which nothing has been written yet', async () => {
    const { open, kept, spool } = await place();
    const store = await open();
    const sink = store.create(CALL);

    await store.remove(CALL);
    await sink.write(0, sound(400, 6));

    expect(await sink.close()).toBeUndefined();
    expect(await spool()).toEqual([]);
    expect(await kept(CALL)).toBeUndefined();
  });

  it('takes what was kept already along with what is being made', async () => {
    const { store, kept } = await filled(place);
    const sink = await recorded(store, 800, 400, 6);

    expect(await store.remove(CALL)).toBe('removed');
    expect(await sink.close()).toBeUndefined();

    expect(await kept(CALL)).toBeUndefined();
  });

  it('overtakes one that is on its way at this moment', async () => {
    const { open, kept, spool } = await place();
    const store = await open();
    const sink = await recorded(store, 0, 400_000, 5);

    const [, removal] = await Promise.all([sink.close(), store.remove(CALL)]);

    expect(removal).toBe('removed');
    expect(await kept(CALL)).toBeUndefined();
    expect(await spool()).toEqual([]);
  });

  it('takes effect here at once and there when the place is back', async () => {
    const { store, kept, spool, clock, goAway, logged } = await filled(place);
    const back = await goAway();

    expect(await store.remove(CALL)).toBe('ordered');

    await until(() => clock.pendingTimers === 1);
    expect(await spool()).toEqual([`${CALL}.removed`]);
    expect(await store.open(CALL)).toBeUndefined();
    await back();
    expect(await store.open(CALL)).toBeUndefined();
    expect(await kept(CALL)).toBeDefined();
    clock.advance(1000);

    await until(async () => (await kept(CALL)) === undefined);
    await until(async () => (await spool()).length === 0);
    expect(logged).toEqual([expect.stringContaining('or removed there')]);
  });

  it('takes one that waits for its place to be back', async () => {
    const { open, kept, spool, clock, goAway } = await place();
    const store = await open();
    const back = await goAway();
    const closed = (await recorded(store, 0, 400, 5)).close();
    await until(() => clock.pendingTimers === 1);

    expect(await store.remove(CALL)).toBe('ordered');

    expect(await closed).toBeUndefined();
    expect(await spool()).toEqual([`${CALL}.removed`]);
    await until(() => clock.pendingTimers === 1);
    await back();
    clock.advance(1000);
    await until(async () => (await spool()).length === 0);
    expect(await kept(CALL)).toBeUndefined();
  });

  it('is not forgotten by a restart', async () => {
    const { store, open, kept, spool, goAway } = await filled(place);
    const back = await goAway();
    await store.remove(CALL);
    await store.close();
    await back();
    const next = await open();

    expect(await next.recover()).toEqual([]);

    expect(await next.open(CALL)).toBeUndefined();
    await until(async () => (await spool()).length === 0);
    expect(await kept(CALL)).toBeUndefined();
  });

  it('is tried on after a restart, restart after restart, until it is done', async () => {
    const { store, open, kept, spool, goAway, clock } = await filled(place);
    const back = await goAway();
    await store.remove(CALL);
    await store.close();
    for (let restart = 0; restart < 2; restart++) {
      const again = await open();
      await again.recover();
      await again.close();
    }
    const last = await open();
    await last.recover();
    await until(() => clock.pendingTimers === 1);

    await back();
    clock.advance(1000);

    await until(async () => (await spool()).length === 0);
    expect(await kept(CALL)).toBeUndefined();
  });

  it('takes what a crash has left, also before that is found', async () => {
    const { open, kept, spool, goAway, clock } = await place();
    const crashed = await open();
    const back = await goAway();
    void (await recorded(crashed, 0, 400, 5)).close();
    await until(() => clock.pendingTimers === 1);
    await crashed.close();
    await back();
    const next = await open();
    const recovering = next.recover();
    await until(() => clock.pendingTimers === 1);

    expect(await next.remove(CALL)).toBe('removed');
    clock.advance(QUIET_MS);

    expect(await recovering).toEqual([]);
    expect(await kept(CALL)).toBeUndefined();
    expect(await spool()).toEqual([]);
  });

  it('of what a crash has left is not undone by its recovery after the next start', async () => {
    const { open, kept, spool, goAway, clock } = await place();
    const crashed = await open();
    const back = await goAway();
    void (await recorded(crashed, 0, 400, 5)).close();
    await until(() => clock.pendingTimers === 1);
    await crashed.close();
    const ordering = await open();
    expect(await ordering.remove(CALL)).toBe('ordered');
    await ordering.close();
    await back();
    const next = await open();

    expect(await next.recover()).toEqual([]);

    await until(async () => (await spool()).length === 0);
    expect(await kept(CALL)).toBeUndefined();
  });

  it('lets a call that goes on be recorded anew', async () => {
    const { store, kept } = await filled(place);
    await store.remove(CALL);

    await (await recorded(store, 800, 400, 6)).close();

    expect(runsOf((await kept(CALL))!)).toEqual([
      [0, 800],
      [6, 400],
    ]);
    expect(await bytesOf(await store.open(CALL))).toHaveLength(44 + 1200 * 4);
  });
});

describe.each(PLACES)('a call %s whose recording is to be removed', (_where, place) => {
  it('is recorded anew when it goes on, also while the order waits', async () => {
    const { store, kept, clock, goAway, spool } = await filled(place);
    const back = await goAway();
    await store.remove(CALL);
    await until(() => clock.pendingTimers === 1);
    const sink = await recorded(store, 800, 400, 6);
    expect(await bytesOf(await store.open(CALL))).toHaveLength(44 + 1200 * 4);
    await back();
    clock.advance(1000);

    expect(await sink.close()).toEqual({ byteLength: 44 + 1200 * 4 });

    expect(runsOf((await kept(CALL))!)).toEqual([
      [0, 800],
      [6, 400],
    ]);
    expect(await spool()).toEqual([]);
  });
});

describe('whoever orders a removal', () => {
  it('waits some seconds for S3 at most', async () => {
    const { s3, open, clock, spool } = await onS3();
    const store = await open();
    await (await recorded(store, 0, 400, 5)).close();
    s3.failNext({ kind: 'hang' }, Number.POSITIVE_INFINITY);

    const removal = store.remove(CALL);
    await until(() => s3.openRequests === 1);
    clock.advance(REMOVAL_PATIENCE_MS);

    expect(await removal).toBe('ordered');
    expect(await spool()).toEqual([`${CALL}.removed`]);
  });

  it('gets the recording removed also when the order cannot be written down', async () => {
    const { open, kept, logged, dataDir } = await onDisk();
    const store = await open();
    await (await recorded(store, 0, 400, 5)).close();
    await mkdir(join(dataDir, 'recordings/spool', `${CALL}.removed`));

    expect(await store.remove(CALL)).toBe('ordered');

    expect(await kept(CALL)).toBeUndefined();
    expect(logged[0]).toContain('an order to remove a recording is lost');
  });
});
