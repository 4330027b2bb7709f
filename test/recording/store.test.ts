import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { createLog } from '../../src/log.js';
import { CLOSE_LIMIT_MS } from '../../src/recording/spooled-store.js';
import { openRecordingStore } from '../../src/recording/store.js';
import {
  bytesOf,
  CALL,
  levelsOf,
  PLACES,
  recorded,
  runsOf,
  settled,
  sound,
  temporaryDirectory,
  until,
} from './places.js';

describe.each(PLACES)('a recording that is kept %s', (_where, place) => {
  it('is what was written, and nothing of it stays elsewhere', async () => {
    const { open, kept, spool } = await place();
    const store = await open();
    const sink = await recorded(store, 0, 800, 100);
    await sink.write(800, sound(400, 200));

    expect(await sink.close()).toEqual({ byteLength: 44 + 1200 * 4 });

    const bytes = await kept(CALL);
    expect(runsOf(bytes!)).toEqual([
      [100, 800],
      [200, 400],
    ]);
    const opened = await store.open(CALL);
    expect(opened).toMatchObject({ byteLength: bytes!.length, part: undefined, isFinal: true });
    expect(await bytesOf(opened)).toEqual(bytes);
    expect(await spool()).toEqual([]);
  });

  it('is silent where nothing was written', async () => {
    const { open, kept } = await place();
    const sink = await recorded(await open(), 100, 50, 7);
    await sink.write(300, sound(50, 9));
    await sink.close();

    expect(runsOf((await kept(CALL))!)).toEqual([
      [0, 100],
      [7, 50],
      [0, 150],
      [9, 50],
    ]);
  });

  it('is a file as well when nobody said anything', async () => {
    const { open, kept } = await place();
    const store = await open();

    expect(await store.create(CALL).close()).toEqual({ byteLength: 44 });

    expect(levelsOf((await kept(CALL))!)).toEqual([]);
  });

  it('is not there before there is one', async () => {
    const { open } = await place();
    const store = await open();

    expect(await store.open(CALL)).toBeUndefined();
    const sink = store.create(CALL);
    expect(await store.open(CALL)).toBeUndefined();
    await sink.close();
  });

  it('is a valid WAV after every write, and read as far as it has come', async () => {
    const { open } = await place();
    const store = await open();
    const sink = store.create(CALL);

    for (let count = 1; count <= 5; count++) {
      await sink.write((count - 1) * 80, sound(80, count));
      const opened = await store.open(CALL);
      expect(opened).toMatchObject({ isFinal: false });
      expect(levelsOf(await bytesOf(opened))).toHaveLength(count * 80);
    }
    const early = await store.open(CALL);
    await sink.write(400, sound(80, 6));
    await sink.close();

    expect(levelsOf(await bytesOf(early))).toHaveLength(400);
  });

  it.each([
    ['from a byte on', { firstByte: 1000 }, 1000, 1643],
    ['from a byte to another', { firstByte: 2, lastByte: 50 }, 2, 50],
    ['from a byte to one beyond the end', { firstByte: 40, lastByte: 9999 }, 40, 1643],
    ['so much of its end', { lastBytes: 10 }, 1634, 1643],
    ['more of its end than there is', { lastBytes: 5000 }, 0, 1643],
    ['a single byte', { firstByte: 0, lastByte: 0 }, 0, 0],
  ])('is read in part: %s', async (_what, range, firstByte, lastByte) => {
    const { open } = await place();
    const store = await open();
    const sink = await recorded(store, 0, 400, 5);
    const live = await store.open(CALL, range);
    const livePart = await bytesOf(live);
    await sink.close();
    const whole = await bytesOf(await store.open(CALL));

    const opened = await store.open(CALL, range);

    expect(opened).toMatchObject({ byteLength: 1644, part: { firstByte, lastByte } });
    expect(await bytesOf(opened)).toEqual(whole.subarray(firstByte, lastByte + 1));
    expect(live).toMatchObject({ byteLength: 1644, part: { firstByte, lastByte } });
    expect(livePart).toEqual(whole.subarray(firstByte, lastByte + 1));
  });

  it.each([{ firstByte: 1644 }, { firstByte: 5000, lastByte: 6000 }, { lastBytes: 0 }])(
    'has nothing of %j, and says how long it is',
    async (range) => {
      const { open } = await place();
      const store = await open();
      const sink = await recorded(store, 0, 400, 5);
      const refusal = { code: 'REQUEST_INVALID', details: { byteLength: 1644 } };

      await expect(store.open(CALL, range)).rejects.toMatchObject(refusal);
      await sink.close();
      await expect(store.open(CALL, range)).rejects.toMatchObject(refusal);
    },
  );

  it('of a call whose line was interrupted is joined from its pieces', async () => {
    const { open, kept, spool } = await place();
    const store = await open();
    await (await recorded(store, 0, 100, 1)).close();
    const second = await recorded(store, 300, 100, 2);

    const meanwhile = await store.open(CALL);
    expect(meanwhile).toMatchObject({ isFinal: false });
    expect(runsOf(await bytesOf(meanwhile))).toEqual([[1, 100]]);
    expect(await second.close()).toEqual({ byteLength: 44 + 400 * 4 });
    expect(await (await recorded(store, 400, 100, 3)).close()).toEqual({ byteLength: 44 + 500 * 4 });

    expect(runsOf((await kept(CALL))!)).toEqual([
      [1, 100],
      [0, 200],
      [2, 100],
      [3, 100],
    ]);
    expect(await spool()).toEqual([]);
  });

  it('is joined in any order, and its silence counts', async () => {
    const { open, kept } = await place();
    const store = await open();
    await (await recorded(store, 300, 100, 2)).close();
    const early = await recorded(store, 0, 100, 1);
    await early.write(100, sound(50, 0));
    await early.close();
    await (await recorded(store, 400, 100, 0)).close();

    expect(runsOf((await kept(CALL))!)).toEqual([
      [1, 100],
      [0, 200],
      [2, 100],
      [0, 100],
    ]);
  });

  it('is not lost behind a piece in which nobody said anything', async () => {
    const { open, goAway, clock } = await place();
    const store = await open();
    await (await recorded(store, 0, 100, 1)).close();
    const back = await goAway();
    const closed = store.create(CALL).close();
    await until(() => clock.pendingTimers === 1);
    await expect(store.open(CALL)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await back();

    expect(runsOf(await bytesOf(await store.open(CALL)))).toEqual([[1, 100]]);
    await store.close();
    await closed;
  });

  it('has the pieces of two instances that keep theirs at the same moment', async () => {
    const { open, kept, clock } = await place();
    const [one, other] = [await open(), await open(await temporaryDirectory())];
    const sinks = await Promise.all([recorded(one, 0, 20_000, 1), recorded(other, 30_000, 20_000, 2)]);
    const third = await recorded(one, 60_000, 20_000, 3);

    const sizes = await settled(clock, Promise.all([...sinks, third].map((sink) => sink.close())));

    expect(runsOf((await kept(CALL))!)).toEqual([
      [1, 20_000],
      [0, 10_000],
      [2, 20_000],
      [0, 10_000],
      [3, 20_000],
    ]);
    expect(Math.max(...sizes.map((size) => size?.byteLength ?? 0))).toBe(44 + 80_000 * 4);
  });

  it('is delivered again and again until the place is back, and read here meanwhile', async () => {
    const { open, kept, clock, goAway, logged, spool } = await place();
    const store = await open();
    const back = await goAway();
    const closed = (await recorded(store, 0, 400, 5)).close();

    for (const pauseMs of [1000, 2000, 4000, 8000]) {
      await until(() => clock.pendingTimers === 1);
      clock.advance(pauseMs - 1);
      expect(clock.pendingTimers).toBe(1);
      const opened = await store.open(CALL);
      expect(runsOf(await bytesOf(opened))).toEqual([[5, 400]]);
      clock.advance(1);
      expect(clock.pendingTimers).toBe(0);
    }
    expect(await spool()).toHaveLength(1);
    await until(() => clock.pendingTimers === 1);
    await back();
    clock.advance(16_000);

    expect(await closed).toEqual({ byteLength: 1644 });
    expect(runsOf((await kept(CALL))!)).toEqual([[5, 400]]);
    expect(await spool()).toEqual([]);
    expect(logged).toEqual([expect.stringContaining('cannot be brought to where they are kept')]);
  });

  it('goes to its place at the end of the process, also when it had waited', async () => {
    const { open, kept, clock, goAway } = await place();
    const store = await open();
    const back = await goAway();
    const closed = (await recorded(store, 0, 400, 5)).close();
    await until(() => clock.pendingTimers === 1);
    await back();

    await store.close();

    expect(await closed).toEqual({ byteLength: 1644 });
    expect(await kept(CALL)).toHaveLength(1644);
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for the next start when its place is away at the end of the process', async () => {
    const { open, kept, clock, goAway, spool } = await place();
    const store = await open();
    const back = await goAway();
    const closed = (await recorded(store, 0, 400, 5)).close();

    await store.close();
    expect(await closed).toBeUndefined();
    expect(await spool()).toHaveLength(1);
    await back();
    const next = await open();
    const [found] = await settled(clock, next.recover());

    expect(found).toMatchObject({ callSid: CALL, hasAudio: true });
    expect(await found?.kept).toEqual({ byteLength: 1644 });
    expect(await kept(CALL)).toHaveLength(1644);
    expect(await spool()).toEqual([]);
  });

  it('is closed within its limit, whoever does not end it', async () => {
    const { open, clock, goAway } = await place();
    const store = await open();
    await goAway();
    void (await recorded(store, 0, 400, 5)).close();
    const endless = await recorded(store, 0, 400, 5);
    await until(() => clock.pendingTimers === 1);
    let isClosed = false;
    const both = Promise.all([store.close(), store.close()]).then(() => {
      isClosed = true;
    });

    clock.advance(CLOSE_LIMIT_MS - 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    clock.advance(1);

    await both;
    await endless.close();
  });

  it('has a plain name: any other is refused before anything is touched', async () => {
    const { open, spool } = await place();
    const store = await open();
    const refused = { code: 'REQUEST_INVALID' };
    const names = ['', '..', '../x', 'a/b', 'a\\b', 'a.wav', 'a~b', 'CA 1', 'ü', 'a\n', '\0', 'x'.repeat(65)];

    for (const name of names) {
      expect(() => store.create(name)).toThrow(expect.objectContaining(refused));
      await expect(store.open(name)).rejects.toMatchObject(refused);
      await expect(store.remove(name)).rejects.toMatchObject(refused);
    }
    expect(await spool()).toEqual([]);
  });
});

describe('the place of recordings', () => {
  const openAt = (url: string | undefined, dataDir: string) =>
    openRecordingStore({ url, dataDir, log: createLog('silent'), clock: new FakeClock() });

  it('is a directory of the data unless said otherwise', async () => {
    const dataDir = await temporaryDirectory();
    const store = await openAt(undefined, dataDir);

    await (await recorded(store, 0, 10, 1)).close();
    await store.close();

    expect(await readFile(join(dataDir, 'recordings/7b', `${CALL}.wav`))).toHaveLength(84);
  });

  it('is a bucket or a directory, and nothing else', async () => {
    const dataDir = await temporaryDirectory();

    for (const url of ['https://bucket/prefix', 's3://', 'file:///tmp'])
      await expect(openAt(url, dataDir)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('cannot be used when recordings cannot be made', async () => {
    const file = join(await temporaryDirectory(), 'file');
    await writeFile(file, '');

    await expect(openAt(undefined, file)).rejects.toMatchObject({ code: 'DATA_DIR_INACCESSIBLE' });
  });
});
