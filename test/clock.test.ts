import { describe, expect, it } from 'vitest';
import { FakeClock, scaledClock } from '../src/clock.js';

describe('the fake clock', () => {
  it('fires timers in order of their time, also those set on the way', () => {
    const clock = new FakeClock(0);
    const fired: string[] = [];
    clock.after(30, () => fired.push(`c${clock.now()}`));
    clock.after(10, () => {
      fired.push(`a${clock.now()}`);
      clock.after(5, () => fired.push(`b${clock.now()}`));
    });

    clock.advance(40);

    expect(fired).toEqual(['a10', 'b15', 'c30']);
    expect(clock.now()).toBe(40);
  });

  it('forgets a cancelled timer', () => {
    const clock = new FakeClock(0);
    const cancel = clock.after(10, () => {
      throw new Error('fired');
    });

    cancel();
    cancel();
    clock.advance(100);

    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a scaled clock', () => {
  it('shortens every wait and lengthens every time alike', () => {
    const clock = new FakeClock(0);
    const fast = scaledClock(10, clock);
    let firedAtMs = 0;
    fast.after(1000, () => {
      firedAtMs = fast.now();
    });

    clock.advance(100);

    expect(firedAtMs).toBe(1000);
  });
});
