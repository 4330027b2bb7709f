import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { BridgeError } from '../../src/errors.js';
import { type UntilKept, untilKept } from '../../src/store/until-kept.js';
import { keptLog } from './opened-store.js';

let clock: FakeClock;
let lines: Record<string, unknown>[];
let kept: UntilKept;
let attempts: number;
let reached: boolean[];
let isAway: boolean;

beforeEach(() => {
  clock = new FakeClock();
  const log = keptLog();
  lines = log.lines;
  reached = [];
  kept = untilKept({ clock, log: log.log, reached: (isUp) => reached.push(isUp), mostWaiting: 3 });
  attempts = 0;
  isAway = false;
});

const write = async () => {
  attempts++;
  if (isAway) throw new BridgeError('STORE_UNAVAILABLE', 'away');
};
const pass = async (ms: number) => {
  clock.advance(ms);
  await new Promise((resolve) => setImmediate(resolve));
};

describe('what must be kept', () => {
  it('is written once when the store is there', async () => {
    await kept.keep('an entry', write);
    await pass(60_000);

    expect([attempts, clock.pendingTimers, lines]).toEqual([1, 0, []]);
  });

  it('is tried again after 0.1, 0.2, 0.4, … and at most 5 s until the store is back', async () => {
    isAway = true;
    await kept.keep('an entry', write);
    const counts = [];
    for (const ms of [100, 200, 400, 800, 1600, 3200, 5000, 5000]) {
      await pass(ms - 1);
      const before = attempts;
      await pass(1);
      counts.push(attempts - before);
    }
    isAway = false;
    await pass(5000);
    const afterwards = attempts;
    await pass(60_000);

    expect(counts).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    expect([attempts, clock.pendingTimers, kept.waitingCount]).toEqual([afterwards, 0, 0]);
    expect(lines).toEqual([]);
    expect(reached).toEqual([...Array(9).fill(false), true]);
  });

  it('is written in its order, one after the other, and one alone asks whether the store is back', async () => {
    const written: number[] = [];
    const entry = (number: number) => () => write().then(() => written.push(number));
    isAway = true;
    for (const number of [1, 2, 3]) await kept.keep('an entry', entry(number));
    await pass(100);
    const attemptsWhileAway = attempts;
    isAway = false;
    await pass(200);
    await kept.keep('an entry', entry(4));

    expect(attemptsWhileAway).toBe(2);
    expect(written).toEqual([1, 2, 3, 4]);
  });

  it('is given up when too much waits, the oldest first, which is counted and said once', async () => {
    const written: number[] = [];
    isAway = true;
    for (const number of [1, 2, 3, 4, 5]) await kept.keep('an entry', () => write().then(() => written.push(number)));
    const { waitingCount, givenUp } = kept;
    isAway = false;
    await pass(100);

    expect([waitingCount, givenUp, written]).toEqual([3, 2, [3, 4, 5]]);
    expect(lines).toMatchObject([{ level: 50, code: 'STORE_UNAVAILABLE', mostWaiting: 3 }]);
  });

  it('is given up when the store refuses it, without the words of the refusal', async () => {
    await kept.keep('an entry', () => Promise.reject(Object.assign(new Error('+14155550177'), { code: '22P02' })));

    expect(clock.pendingTimers).toBe(0);
    expect(lines).toMatchObject([{ level: 50, reason: 'Error 22P02', what: 'an entry' }]);
    expect(JSON.stringify(lines)).not.toContain('+1415');
  });

  it('is tried a last time at the end', async () => {
    isAway = true;
    await kept.keep('an entry', write);
    isAway = false;
    await kept.close(1000);

    expect([attempts, clock.pendingTimers]).toEqual([2, 0]);
    expect(lines).toEqual([]);
  });

  it('is said to be lost when it was not kept by the end, which does not wait for ever', async () => {
    isAway = true;
    await kept.keep('an entry', write);
    await kept.keep('another', () => new Promise(() => undefined));
    const closing = kept.close(1000);
    await pass(1000);
    await closing;

    expect(clock.pendingTimers).toBe(0);
    expect(lines).toMatchObject([{ level: 50, count: 2, what: ['an entry', 'another'] }]);
  });
});
