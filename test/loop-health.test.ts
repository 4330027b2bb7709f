import { expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../src/clock.js';
import { LOOK_EVERY_MS, type LoopReading, loopHealth, ownLoop, RELIEVED, STRAINED } from '../src/loop-health.js';

/** A loop that was as it is told, looked at once a second. */
function watched(calls = 10) {
  const clock = new FakeClock();
  let next: LoopReading = { utilization: 0, lagMs: 0 };
  let isClosed = false;
  const probe = {
    read: () => next,
    close: () => {
      isClosed = true;
    },
  };
  const health = loopHealth({ probe, activeCalls: () => calls, clock });
  return {
    clock,
    health,
    isClosed: () => isClosed,
    /** Seconds that all went like this; answers whether the loop is strained after each. */
    seconds: (count: number, reading: Partial<LoopReading>) =>
      Array.from({ length: count }, () => {
        next = { utilization: 0.1, lagMs: 1, ...reading };
        clock.advance(LOOK_EVERY_MS);
        return health.load.isStrained;
      }),
  };
}

it('a loop is strained when it was too busy over the last seconds, and says for how many calls', () => {
  const { seconds, health } = watched(40);

  expect(seconds(2, { utilization: 0.3 })).toEqual([false, false]);
  expect(seconds(3, { utilization: 0.95 })).toEqual([false, true, true]);
  expect(health.load).toMatchObject({ calls: 40, lagMs: 1 });
  expect(health.load.utilization).toBeCloseTo(0.95);
});

it('one stall is no strain, and lateness that lasts is', () => {
  const { seconds } = watched();
  seconds(3, {});

  expect(seconds(1, { lagMs: 400 })).toEqual([false]);
  expect(seconds(2, {})).toEqual([false, false]);
  expect(seconds(2, { lagMs: 400 })).toEqual([false, true]);
});

it('a strained loop is relieved only when it is clearly below the limit, so that the word does not change each second', () => {
  const { seconds } = watched();
  const between = (STRAINED.utilization + RELIEVED.utilization) / 2;
  seconds(3, { utilization: 0.9 });

  expect(seconds(5, { utilization: between })).toEqual([true, true, true, true, true]);
  expect(seconds(3, { utilization: 0.2 }).at(-1)).toBe(false);
  expect(seconds(5, { utilization: between })).toEqual([false, false, false, false, false]);
});

it('leaves nothing behind', () => {
  const { clock, health, isClosed } = watched();
  clock.advance(5000);

  health.close();

  expect(clock.pendingTimers).toBe(0);
  expect(isClosed()).toBe(true);
});

it('the loop of this process is measured: one that only works is busy, and late for what was due', async () => {
  const [work, lateness] = [ownLoop(), ownLoop()];
  onTestFinished(() => {
    for (const probe of [work, lateness]) probe.close();
  });
  lateness.read();
  // The first tick of the measuring timer: lateness counts from there.
  await new Promise((resolve) => setTimeout(resolve, 50));

  // Without the waits: on a busy machine they take as long as it likes.
  work.read();
  const endMs = performance.now() + 150;
  while (performance.now() < endMs);
  const { utilization } = work.read();
  // The measuring timer is late now, and comes to its turn.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const { lagMs } = lateness.read();

  expect(utilization).toBeGreaterThan(0.9);
  expect(lagMs).toBeGreaterThan(80);
});
