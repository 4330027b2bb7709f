import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/replay/virtual/clock.js';

const START_MS = Date.UTC(2026, 0, 5, 10);
const clock = new VirtualClock(START_MS);

afterEach(() => clock.stop());

/** Resolves when so much time has passed on the clock. */
const passed = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));

describe('the virtual clock', () => {
  it('fires timers by their time, and those of one time in the order of their making', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 }), async (delays) => {
        clock.start();
        const fired: { index: number; atMs: number }[] = [];
        for (const [index, delay] of delays.entries()) {
          clock.after(delay, () => fired.push({ index, atMs: clock.now() - START_MS }));
        }
        await passed(21);

        const order = delays
          .map((atMs, index) => ({ index, atMs }))
          .sort((a, b) => a.atMs - b.atMs || a.index - b.index);
        expect(fired).toEqual(order);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves out what was cancelled, also by a timer of the same time', async () => {
    clock.start();
    const fired: string[] = [];
    clock.after(5, () => {
      fired.push('first');
      cancel();
    });
    const cancel = clock.after(5, () => fired.push('second'));
    await passed(6);

    expect(fired).toEqual(['first']);
  });

  it('moves on only when all that a timer caused has settled: promises, turns of the event loop, files', async () => {
    clock.start();
    const seen: string[] = [];
    clock.after(1, () => {
      void (async () => {
        for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
        await readFile(new URL(import.meta.url));
        for (let turn = 0; turn < 50; turn++) await Promise.resolve();
        seen.push(`worked until ${clock.now() - START_MS}`);
      })();
    });
    clock.after(2, () => seen.push('two'));
    await passed(3);

    expect(seen).toEqual(['worked until 1', 'two']);
  });

  it('stands still while the machine is held up, and while nothing is to come', async () => {
    clock.start();
    let isHeld = true;
    const seen: boolean[] = [];
    clock.after(1, () => seen.push(isHeld));
    await clock.hold(
      new Promise<void>((resolve) => {
        setTimeout(() => {
          isHeld = false;
          resolve();
        }, 5);
      }),
    );
    await passed(1000);
    const nowMs = clock.now();
    await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

    expect(seen).toEqual([false]);
    expect(clock.now()).toBe(nowMs);
  });

  it('begins anew with every start, and forgets what was still to come', async () => {
    clock.start();
    const fired: string[] = [];
    clock.after(20, () => fired.push('former'));
    await passed(10);
    clock.start();
    const startedAtMs = clock.now();
    await passed(30);

    expect(startedAtMs).toBe(START_MS);
    expect(clock.now()).toBe(START_MS + 30);
    expect(fired).toEqual([]);
  });

  it('runs beside another one of the same process without waiting for its turns', async () => {
    const other = new VirtualClock(0);
    other.start();
    clock.start();
    await Promise.all([passed(50), new Promise<void>((resolve) => other.after(50, resolve))]);
    other.stop();

    expect(clock.now()).toBe(START_MS + 50);
  });
});
