import { describe, expect, it } from 'vitest';
import { convertWhole } from '../../src/audio/whole-file.js';
import { sinadDb, tone } from '../../src/bench/reference.js';

describe('whole-file conversion', () => {
  it.each([
    [16_000, 8000],
    [24_000, 8000],
    [44_100, 8000],
  ])('converts a tone from %i to %i Hz cleanly and in full length', (fromHz, toHz) => {
    const out = convertWhole(tone(fromHz, 1019, -10, 2 * fromHz), fromHz, toHz);

    expect(Math.abs(out.length - 2 * toHz)).toBeLessThanOrEqual(1);
    expect(sinadDb(out.subarray(800, -800), toHz, 1019)).toBeGreaterThan(60);
  });

  it('leaves the array of the caller as it was', () => {
    const samples = tone(16_000, 1019, -1, 1600);
    const before = samples.slice();
    convertWhole(samples, 16_000, 8000);

    expect(samples).toEqual(before);
  });

  it('clamps overshoot at full scale instead of wrapping it', () => {
    const square = Int16Array.from({ length: 3200 }, (_, i) => (Math.floor(i / 20) % 2 === 0 ? 32_767 : -32_768));
    const out = convertWhole(square, 16_000, 8000);

    for (let i = 200; i < 1400; i++) {
      const input = square[2 * i]!;
      if (square[2 * i - 6] === input && square[2 * i + 6] === input) expect(Math.sign(out[i]!)).toBe(Math.sign(input));
    }
    expect(Math.max(...out)).toBe(32_767);
  });

  it('copies when the rates are equal', () => {
    const samples = Int16Array.of(1, 2, 3);
    const out = convertWhole(samples, 8000, 8000);

    expect(out).toEqual(samples);
    expect(out).not.toBe(samples);
  });
});
