import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { createLog } from '../../src/log.js';
import { Deliveries } from '../../src/recording/delivery.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const NEVER = new Promise<void>(() => undefined);
const WORDS = 'not yet';

function place() {
  const clock = new FakeClock();
  const lines: Record<string, unknown>[] = [];
  const log = createLog('info', { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  return { clock, lines, deliveries: new Deliveries(clock, log) };
}

/** Work that ends when it is told to. */
function held<Result>(result: Result) {
  let end = (): void => undefined;
  let isBegun = false;
  const ended = new Promise<Result>((resolve) => {
    end = () => resolve(result);
  });
  const work = () => {
    isBegun = true;
    return ended;
  };
  return { work, end: () => end(), isBegun: () => isBegun };
}

describe('deliveries', () => {
  it('of one call are made one after the other', async () => {
    const { deliveries } = place();
    const [first, second] = [held('first'), held('second')];
    const done = [deliveries.run('CA1', WORDS, first.work), deliveries.run('CA1', WORDS, second.work)];
    await turn();
    expect([first.isBegun(), second.isBegun()]).toEqual([true, false]);

    first.end();
    await turn();
    expect(second.isBegun()).toBe(true);
    second.end();

    expect(await Promise.all(done)).toEqual(['first', 'second']);
  });

  it('of several calls are made at the same time, four at most', async () => {
    const { deliveries } = place();
    const works = Array.from({ length: 6 }, (_, index) => held(index));
    const done = works.map(({ work }, index) => deliveries.run(`CA${index}`, WORDS, work));
    await turn();
    expect(works.map(({ isBegun }) => isBegun())).toEqual([true, true, true, true, false, false]);

    works[2]?.end();
    await turn();
    expect(works.map(({ isBegun }) => isBegun())).toEqual([true, true, true, true, true, false]);
    for (const { end } of works) end();

    expect(await Promise.all(done)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('that pause keep no others waiting', async () => {
    const { deliveries } = place();
    for (let call = 0; call < 5; call++)
      void deliveries.run(`CA${call}`, WORDS, () => Promise.reject(new Error('away')));

    expect(await deliveries.run('CA9', WORDS, async () => 'done')).toBe('done');
    await deliveries.close(NEVER);
  });

  it('are repeated with growing pauses, five minutes at most, and told when they begin to fail and when they do no more', async () => {
    const { deliveries, clock, lines } = place();
    let count = 0;
    const done = deliveries.run('CA1', WORDS, async () => {
      if (++count <= 21) throw new Error('away');
      return count;
    });
    const pauses: number[] = [];

    for (let pause = 0; pause < 21; pause++) {
      await turn();
      const before = clock.now();
      while (clock.pendingTimers > 0) clock.advance(1000);
      pauses.push((clock.now() - before) / 1000);
    }

    expect(await done).toBe(22);
    expect(pauses.slice(0, 10)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    expect(new Set(pauses.slice(9))).toEqual(new Set([300]));
    expect(lines).toMatchObject([
      { level: 50, code: 'RECORDING_FAILED', reason: 'Error', callSid: 'CA1' },
      { level: 30, awayMs: expect.any(Number), waiting: 1 },
    ]);
  });

  it('that all fail are told of once, and are made at once when one has worked', async () => {
    const { deliveries, clock, lines } = place();
    let isBack = false;
    const work = async () => {
      if (!isBack) throw new Error('away');
      return 'done';
    };
    const done = Array.from({ length: 10 }, (_, call) => deliveries.run(`CA${call}`, WORDS, work));
    for (let pause = 0; pause < 12; pause++) {
      await turn();
      clock.advance(300_000);
    }
    await turn();
    const wasAway = deliveries.isAway;
    isBack = true;
    deliveries.wake('CA7');

    expect(await Promise.all(done)).toEqual(Array(10).fill('done'));
    expect([wasAway, deliveries.isAway, clock.pendingTimers]).toEqual([true, false, 0]);
    expect(lines.map(({ level }) => level)).toEqual([50, 30]);
  });

  it('that pause are made at once when they are woken', async () => {
    const { deliveries, clock } = place();
    let isBack = false;
    const done = deliveries.run('CA1', WORDS, async () => {
      if (!isBack) throw new Error('away');
      return 'done';
    });
    await turn();
    isBack = true;

    deliveries.wake('CA2');
    expect(clock.pendingTimers).toBe(1);
    deliveries.wake('CA1');

    expect(await done).toBe('done');
    expect(clock.pendingTimers).toBe(0);
  });

  it('are tried once more at the end, those behind them as well', async () => {
    const { deliveries, clock } = place();
    let isBack = false;
    const work = async () => {
      if (!isBack) throw new Error('away');
      return 'done';
    };
    const done = [1, 2, 3].map(() => deliveries.run('CA1', WORDS, work));
    await turn();
    isBack = true;

    await deliveries.close(NEVER);

    expect(await Promise.all(done)).toEqual(['done', 'done', 'done']);
    expect(await deliveries.run('CA1', WORDS, work)).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it('that do not end are given up at the limit, whether they listen or not', async () => {
    const { deliveries } = place();
    let reach = (): void => undefined;
    const limit = new Promise<void>((resolve) => {
      reach = resolve;
    });
    const listening = deliveries.run(
      'CA1',
      WORDS,
      (signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', reject)),
    );
    void deliveries.run('CA2', WORDS, () => NEVER);
    await turn();

    const closed = deliveries.close(limit);
    reach();

    await closed;
    expect(await listening).toBeUndefined();
  });
});
