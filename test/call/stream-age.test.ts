import { describe, expect, it } from 'vitest';
import { agesOf, StreamAge, spreadOf } from '../../src/call/stream-age.js';
import { FakeClock } from '../../src/clock.js';

const LIMIT_MS = 480_000;

function ageOf(openedAtMs: number, nowMs = openedAtMs, spread = 0) {
  const clock = new FakeClock(nowMs);
  const reached: [string, number][] = [];
  const age = new StreamAge({
    clock,
    sessionLimitMs: LIMIT_MS,
    spread,
    reached: (urgency) => reached.push([urgency, clock.now() - openedAtMs]),
  });
  return { clock, age, reached };
}

describe('the ages of a stream', () => {
  it.each([
    [480_000, { due: 360_000, forced: 440_000, overdue: 465_000 }],
    [60_000, { due: 45_000, forced: 52_800, overdue: 57_000 }],
    [1000, { due: 750, forced: 880, overdue: 950 }],
  ])('of %i ms leave time at its end, and more for a long life', (limitMs, ages) => {
    expect(agesOf(limitMs)).toEqual(ages);
  });

  it('are told one after the other, each once', () => {
    const { clock, age, reached } = ageOf(5000);
    age.begin(5000);
    clock.advance(LIMIT_MS);

    expect(reached).toEqual([
      ['due', 360_000],
      ['forced', 440_000],
      ['overdue', 465_000],
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('begin by up to a tenth of that life earlier in some calls: those that began together do not renew together', () => {
    const spreads = Array.from({ length: 500 }, (_, call) => spreadOf(`CA${call}`));
    const dues = spreads.map((spread) => agesOf(LIMIT_MS, spread).due);
    const perSlice = Array.from({ length: 10 }, (_, slice) =>
      dues.filter((ms) => Math.floor((ms - 312_000) / 4800) === slice),
    );

    expect(Math.min(...dues)).toBeGreaterThanOrEqual(312_000);
    expect(Math.max(...dues)).toBeLessThanOrEqual(360_000);
    for (const slice of perSlice) expect(slice.length).toBeLessThan(80);
    expect(spreadOf('CA7')).toBe(spreads[7]);
    expect(agesOf(LIMIT_MS, 1)).toEqual({ ...agesOf(LIMIT_MS), due: 312_000 });
  });

  it('are spread in the same way where the credentials of all calls end at one time', () => {
    const { clock, age, reached } = ageOf(0, 0, 0.5);
    age.begin(0, 400_000);
    clock.advance(LIMIT_MS);

    expect(Object.fromEntries(reached)).toEqual({ due: 190_000, forced: 340_000, overdue: 380_000 });
  });

  it('count from when the stream was asked for, also when it has waited to take over', () => {
    const { clock, age, reached } = ageOf(0, 30_000);
    age.begin(0);
    clock.advance(330_000);

    expect(reached).toEqual([['due', 360_000]]);
  });

  it.each([
    ['come before its limit', 300_000, { due: 120_000, forced: 240_000, overdue: 280_000 }],
    ['come after it', 3_600_000, { due: 360_000, forced: 440_000, overdue: 465_000 }],
    ['were nearly over when it was opened', 30_000, { due: 60_000, forced: 60_000, overdue: 60_000 }],
  ])('are those of its credentials when these %s', (_, expireAtMs, ages) => {
    const { clock, age, reached } = ageOf(0);
    age.begin(0);
    age.begin(0, expireAtMs);
    clock.advance(LIMIT_MS);

    expect(Object.fromEntries(reached)).toEqual(ages);
    expect(reached.map(([urgency]) => urgency)).toEqual(['due', 'forced', 'overdue']);
  });

  it('are told at once when they were reached before it began', () => {
    const { clock, age, reached } = ageOf(0, 450_000);
    age.begin(0);
    clock.advance(0);

    expect(reached.map(([urgency]) => urgency)).toEqual(['due', 'forced']);
  });

  it.each([
    ['its limit', undefined, 475_000],
    ['its credentials', 300_000, 293_333],
  ])('leave time to wait for something when it is overdue, and not to the end of %s', (_, expireAtMs, lastMs) => {
    const { clock, age } = ageOf(0);
    age.begin(0, expireAtMs);
    clock.advance(lastMs - 1);
    expect(age.isLast).toBe(false);
    clock.advance(2);

    expect(age.isLast).toBe(true);
  });

  it('are told no more once it has ended', () => {
    const { clock, age, reached } = ageOf(0);
    age.begin(0);
    age.end();
    clock.advance(LIMIT_MS);

    expect(reached).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});
