import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../src/clock.js';
import { Pacer } from '../../../src/emulator/phone/pacing.js';

describe('Pacer', () => {
  it('runs when work is due and holds one timer', () => {
    const clock = new FakeClock(0);
    const ranAt: number[] = [];
    const pacer = new Pacer(clock, (nowMs) => {
      ranAt.push(nowMs);
      return nowMs + 20;
    });

    pacer.run();
    clock.advance(60);

    expect(ranAt).toEqual([0, 20, 40, 60]);
    expect(clock.pendingTimers).toBe(1);
  });

  it('wakes earlier when asked, never later', () => {
    const clock = new FakeClock(0);
    const ranAt: number[] = [];
    const pacer = new Pacer(clock, (nowMs) => {
      ranAt.push(nowMs);
      return nowMs + 20;
    });
    pacer.run();

    pacer.wakeBy(5);
    pacer.wakeBy(15);
    clock.advance(25);

    expect(ranAt).toEqual([0, 5, 25]);
  });

  it('leaves no timer behind when stopped', () => {
    const clock = new FakeClock(0);
    const pacer = new Pacer(clock, (nowMs) => nowMs + 20);
    pacer.run();

    pacer.stop();
    pacer.run();

    expect(clock.pendingTimers).toBe(0);
  });
});
