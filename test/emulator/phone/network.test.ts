import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameSchedule, type Impairments, isReadingAt } from '../../../src/emulator/phone/network.js';

const plans = (impairments: Impairments, count = 200, seed = 3, startMs = 0) => {
  const schedule = new FrameSchedule(impairments, seed, startMs);
  return Array.from({ length: count }, () => schedule.next());
};

describe('FrameSchedule', () => {
  it('sends every 20 ms on a good network, with timestamps that wander a little', () => {
    const frames = plans({});

    expect(frames.map(({ dueMs }) => dueMs)).toEqual(frames.map((_, index) => index * 20));
    const first = frames[0]!.timestampMs;
    expect(frames.every(({ timestampMs }, index) => Math.abs(timestampMs - first - index * 20) <= 2)).toBe(true);
    expect(new Set(frames.map(({ timestampMs }, index) => timestampMs - index * 20)).size).toBeGreaterThan(1);
  });

  it('begins timestamps between 50 and 170 whatever the seed', () => {
    const firsts = Array.from({ length: 300 }, (_, seed) => plans({}, 1, seed)[0]!.timestampMs);

    expect(Math.min(...firsts)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...firsts)).toBeLessThanOrEqual(170);
    expect(new Set(firsts).size).toBeGreaterThan(60);
  });

  it('is the same for the same seed', () => {
    expect(plans({ jitterMs: 30, lossPercent: 5 })).toEqual(plans({ jitterMs: 30, lossPercent: 5 }));
    expect(plans({ jitterMs: 30 }, 200, 1)).not.toEqual(plans({ jitterMs: 30 }, 200, 2));
  });

  it('loses about the share it is told to', () => {
    const lost = plans({ lossPercent: 10 }, 5000).filter(({ isLost }) => isLost).length;

    expect(lost).toBeGreaterThan(400);
    expect(lost).toBeLessThan(600);
  });

  it('loses the frames of a lost gap, so that timestamps jump', () => {
    const frames = plans({ gaps: [{ atMs: 100, forMs: 200, kind: 'lost' }] });

    expect(frames.flatMap(({ isLost, spokenMs }) => (isLost ? [spokenMs] : []))).toEqual([
      100, 120, 140, 160, 180, 200, 220, 240, 260, 280,
    ]);
  });

  it('holds the frames of a late gap and delivers them in one burst', () => {
    const frames = plans({ gaps: [{ atMs: 100, forMs: 200, kind: 'late' }] });

    expect(frames.slice(5, 15).every(({ dueMs, isLost }) => dueMs === 300 && !isLost)).toBe(true);
    expect(frames[15]!.dueMs).toBe(300);
    expect(frames[16]!.dueMs).toBe(320);
  });

  it('holds frames again and again and delivers them at once', () => {
    const frames = plans({ bursts: { forMs: 200, everyMs: 1000 } }, 150);

    const held = frames.filter(({ dueMs, spokenMs }) => dueMs > spokenMs);
    expect(held.map(({ spokenMs }) => spokenMs)).toEqual(
      [800, 1800, 2800].flatMap((startMs) => Array.from({ length: 10 }, (_, index) => startMs + index * 20)),
    );
    expect(new Set(held.map(({ dueMs }) => dueMs))).toEqual(new Set([1000, 2000, 3000]));
    expect(frames.some(({ isLost }) => isLost)).toBe(false);
  });

  it('delays by anything up to the jitter, and by no more than it takes to keep the order', () => {
    const delays = plans({ jitterMs: 80 }, 2000).map(({ dueMs, spokenMs }) => dueMs - spokenMs);

    expect(Math.max(...delays)).toBeLessThanOrEqual(80);
    expect(Math.max(...delays)).toBeGreaterThan(75);
    expect(delays.reduce((sum, delay) => sum + delay, 0) / delays.length).toBeGreaterThan(40);
  });

  it('drifts with the caller clock', () => {
    expect(plans({ driftPpm: 1000 }, 1001).at(-1)!.spokenMs).toBeCloseTo(20_000 / 1.001, 0);
    expect(plans({ driftPpm: 1000 }, 1001).at(-1)!.callerMs).toBe(20_000);
  });

  it('keeps order, never comes early, and timestamps always rise', () => {
    const impairments = fc.record({
      jitterMs: fc.integer({ min: 0, max: 200 }),
      lossPercent: fc.integer({ min: 0, max: 50 }),
      gaps: fc.array(
        fc.record({ atMs: fc.nat(3000), forMs: fc.nat(800), kind: fc.constantFrom('lost' as const, 'late' as const) }),
        { maxLength: 3 },
      ),
      bursts: fc.record({ forMs: fc.integer({ min: 1, max: 300 }), everyMs: fc.integer({ min: 301, max: 900 }) }),
      driftPpm: fc.integer({ min: -500, max: 500 }),
    });
    fc.assert(
      fc.property(impairments, fc.nat(1000), (network, seed) => {
        const frames = plans(network, 150, seed, 1234.5).filter(({ isLost }) => !isLost);
        return frames.every((frame, index) => {
          const before = frames[index - 1] ?? { dueMs: 0, timestampMs: 0 };
          return frame.dueMs >= Math.max(frame.spokenMs, before.dueMs) && frame.timestampMs > before.timestampMs;
        });
      }),
      { numRuns: 50 },
    );
  });
});

describe('a slow reader', () => {
  it('reads but for one while', () => {
    const network = { slowReader: { atMs: 1000, forMs: 500 } };

    const times = [0, 999, 1000, 1499, 1500, 9000];
    expect(times.filter((atMs) => !isReadingAt(network, atMs))).toEqual([1000, 1499]);
  });

  it('reads but for a while, again and again', () => {
    const network = { slowReader: { atMs: 1000, forMs: 500, everyMs: 2000 } };

    const times = [999, 1000, 1500, 3000, 3499, 3500, 5200];
    expect(times.filter((atMs) => !isReadingAt(network, atMs))).toEqual([1000, 3000, 3499, 5200]);
    expect(isReadingAt({}, 0)).toBe(true);
  });
});
