import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadsOf } from '../../src/bench/plan.js';
import {
  chunkLengthsMs,
  dueCount,
  FRAME_INTERVAL_MS,
  framePhaseMs,
  PlayoutQueue,
  shares,
  UTTERANCE_INTERVAL_MS,
  UTTERANCE_MS,
  utterancePhaseMs,
} from '../../src/bench/schedule.js';

describe('the load', () => {
  it('spreads the first frames of all calls evenly over one interval', () => {
    const phases = Array.from({ length: 80 }, (_, i) => framePhaseMs(i, 80));

    expect(phases[0]).toBe(0);
    expect(phases.slice(1).every((phase, i) => Math.abs(phase - phases[i]! - FRAME_INTERVAL_MS / 80) < 1e-9)).toBe(
      true,
    );
  });

  it.each([1, 20, 40, 80, 200])('begins the speech of %d calls at as many times', (calls) => {
    const phases = Array.from({ length: calls }, (_, i) => utterancePhaseMs(i, calls));

    expect(new Set(phases).size).toBe(calls);
    expect(Math.max(...phases)).toBeLessThan(UTTERANCE_INTERVAL_MS);
  });

  it('sends an utterance whole', () => {
    expect(chunkLengthsMs().reduce((sum, length) => sum + length, 0)).toBe(UTTERANCE_MS);
  });

  it('makes up for frames that a late tick has missed, and no more', () => {
    expect([99, 100, 119, 120, 165].map((nowMs) => dueCount(100, nowMs))).toEqual([0, 1, 1, 2, 4]);
  });

  it('hands out every item once, as evenly as can be', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 1, max: 60 }), (count, lanes) => {
        const counts = shares(count, lanes);

        expect(counts.reduce((sum, each) => sum + each, 0)).toBe(count);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the plan', () => {
  const none = { quick: false, calls: undefined, profile: false };

  it('has a load of every size of the goals', () => {
    expect(new Set(loadsOf(none).map(({ calls }) => calls))).toEqual(new Set([1, 20, 40, 80, 200]));
  });

  it('takes a size that is not on the list', () => {
    expect(loadsOf({ ...none, calls: 120 }).map(({ name, calls }) => ({ name, calls }))).toEqual([
      { name: '120', calls: 120 },
    ]);
  });

  it('profiles the 80 calls of the goals only', () => {
    const profiled = loadsOf({ ...none, profile: true }).filter(({ extras }) => extras.includes('profile'));

    expect(profiled.map(({ name }) => name)).toEqual(['80']);
  });
});

describe('the playout of the carrier', () => {
  it('returns a mark when the audio before it was played', () => {
    const queue = new PlayoutQueue();
    queue.play(200, 1000);
    queue.mark('m1', 1010);

    expect(queue.nextDue(1199)).toBeUndefined();
    expect(queue.nextDue(1200)).toBe('m1');
    expect(queue.nextDue(5000)).toBeUndefined();
  });

  it('returns a mark at once when nothing is being played', () => {
    const queue = new PlayoutQueue();
    queue.mark('m1', 1000);

    expect(queue.nextDue(1000)).toBe('m1');
  });

  it('returns all marks on clear and plays afresh', () => {
    const queue = new PlayoutQueue();
    queue.play(500, 1000);
    queue.mark('m1', 1000);
    queue.clear(1100);
    queue.play(100, 1150);
    queue.mark('m2', 1150);

    expect(queue.nextDue(1100)).toBe('m1');
    expect(queue.nextDue(1249)).toBeUndefined();
    expect(queue.nextDue(1250)).toBe('m2');
  });
});
