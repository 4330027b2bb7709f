import { describe, expect, it } from 'vitest';
import { Lateness, type Stall, stalledWithin, watchStarvation } from '../../src/chaos/lateness.js';
import { FakeClock } from '../../src/clock.js';

const stall = (fromMs: number, toMs: number): Stall => ({ fromMs, toMs });

/** A clock whose timers are all late once, by so much. */
function lateOnce(byMs: number) {
  const fake = new FakeClock(0);
  let lateMs = 0;
  return {
    now: () => fake.now() + lateMs,
    after: (ms: number, action: () => void) => fake.after(ms, action),
    run: (ms: number) => fake.advance(ms),
    stand: () => {
      lateMs += byMs;
    },
  };
}

describe('how long processes stood still', () => {
  it('is counted within bounds, and once where several did', () => {
    const stalls = [stall(100, 300), stall(200, 400), stall(900, 1200), stall(0, 50)];

    expect(stalledWithin(stalls, 150, 1000)).toBe(350);
    expect(stalledWithin(stalls, 400, 900)).toBe(0);
    expect(stalledWithin([], 0, 1000)).toBe(0);
  });

  it('is every lateness of this process, of which the long ones make a run say little', () => {
    const clock = lateOnce(200);
    const lateness = new Lateness(clock);
    clock.run(100);
    clock.stand();
    clock.run(100);
    lateness.stop();

    expect(lateness.all).toEqual([stall(100, 320)]);
    expect(lateness.stalls).toEqual([]);
  });

  it('is not what a bridge worked itself', () => {
    for (const [usedMs, told] of [
      [0, [stall(120, 320)]],
      [150, [stall(270, 320)]],
      [200, []],
    ] as const) {
      const clock = lateOnce(200);
      const starved: Stall[] = [];
      let cpuMs = 0;
      const stop = watchStarvation(
        clock,
        () => cpuMs,
        (each) => starved.push(each),
      );
      clock.run(100);
      clock.stand();
      cpuMs += usedMs;
      clock.run(100);
      stop();

      expect(starved).toEqual(told);
    }
  });
});
