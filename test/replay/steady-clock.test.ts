import { describe, expect, it } from 'vitest';
import { type Clock, FakeClock } from '../../src/clock.js';
import { LARGEST_STEP_MS, steadyClock } from '../../src/replay/stack/steady-clock.js';

/** A machine that can be kept from running: its timers then fire late, all at once. */
class StallingClock implements Clock {
  readonly #fake = new FakeClock(0);
  #stalledMs = 0;

  now(): number {
    return this.#fake.now() + this.#stalledMs;
  }

  after(delayMs: number, action: () => void): () => void {
    return this.#fake.after(delayMs, action);
  }

  run(ms: number): void {
    this.#fake.advance(ms);
  }

  stall(ms: number): void {
    this.#stalledMs += ms;
  }
}

describe('the steady clock', () => {
  it('runs with its base while the process runs', () => {
    const base = new StallingClock();
    const clock = steadyClock({ base });

    base.run(1000);

    expect(clock.now()).toBeCloseTo(1000, 0);
    expect(clock.stalledMs).toBe(0);
  });

  it('runs a multiple of its base', () => {
    const base = new StallingClock();
    const clock = steadyClock({ base, speed: 8 });

    base.run(1000);

    expect(clock.now()).toBeCloseTo(8000, -1);
  });

  it('stands still while the process is kept from running', () => {
    const base = new StallingClock();
    const clock = steadyClock({ base });
    base.run(100);

    base.stall(5000);

    expect(clock.now()).toBeLessThanOrEqual(100 + LARGEST_STEP_MS);
    base.run(100);
    expect(clock.now()).toBeLessThanOrEqual(200 + LARGEST_STEP_MS);
    expect(clock.stalledMs).toBeGreaterThan(4900);
  });

  it('fires timers in the order of their time, also after a stall, and none before it is due', () => {
    const base = new StallingClock();
    const clock = steadyClock({ base });
    const fired: [string, number][] = [];
    clock.after(40, () => fired.push(['late', clock.now()]));
    clock.after(20, () => fired.push(['early', clock.now()]));
    clock.after(30, () => fired.push(['cancelled', clock.now()]))();

    base.stall(1000);
    base.run(60);

    expect(fired.map(([name]) => name)).toEqual(['early', 'late']);
    expect(fired[0]?.[1]).toBeGreaterThanOrEqual(20);
    expect(fired[1]?.[1]).toBeLessThan(40 + LARGEST_STEP_MS);
  });

  it('goes on when an action throws', () => {
    const base = new StallingClock();
    const clock = steadyClock({ base });
    let hasFired = false;
    clock.after(10, () => {
      throw new Error('on purpose');
    });
    clock.after(20, () => {
      hasFired = true;
    });

    expect(() => base.run(15)).toThrow('on purpose');
    base.run(20);

    expect(hasFired).toBe(true);
  });

  it('stops', () => {
    const base = new StallingClock();
    const clock = steadyClock({ base });
    let hasFired = false;
    clock.after(10, () => {
      hasFired = true;
    });

    clock.stop();
    base.run(100);

    expect(hasFired).toBe(false);
  });
});
