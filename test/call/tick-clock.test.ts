import { describe, expect, it } from 'vitest';
import { TickClock } from '../../src/call/tick-clock.js';
import { FakeClock } from '../../src/clock.js';

describe('the clock of ticks', () => {
  it('stands still until an input begins', () => {
    const real = new FakeClock(1000);
    const clock = new TickClock(real, () => undefined);

    real.advance(20);

    expect(clock.now()).toBe(1000);
    expect(clock.begin()).toBe(1020);
    expect(clock.now()).toBe(1020);
  });

  it('takes times in whole microseconds, so that they can be written down exactly', () => {
    const real = new FakeClock(1000);
    const clock = new TickClock(real, () => undefined);

    real.advance(1 / 3);

    expect(clock.begin()).toBe(1000.333);
  });

  it('numbers timers in the order of their making, and hands over those that fall due', () => {
    const real = new FakeClock(0);
    const fired: number[] = [];
    const clock = new TickClock(real, (timer, action) => {
      fired.push(timer);
      action();
    });
    let ran = '';

    clock.after(30, () => {
      ran += 'a';
    });
    const cancel = clock.after(20, () => {
      ran += 'b';
    });
    clock.after(10, () => {
      ran += 'c';
    });
    cancel();
    real.advance(30);

    expect(fired).toEqual([3, 1]);
    expect(ran).toBe('ca');
  });
});
