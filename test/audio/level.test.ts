import { describe, expect, it } from 'vitest';
import { peakDbfs, rmsDbfs } from '../../src/audio/level.js';
import { tone } from '../../src/bench/reference.js';

describe('level', () => {
  it('is -3 dB rms and 0 dB peak for a sine at full scale', () => {
    const sine = tone(8000, 1000, 0, 8000);

    expect(rmsDbfs(sine)).toBeCloseTo(-3.01, 2);
    expect(peakDbfs(sine)).toBeCloseTo(0, 2);
  });

  it('follows the amplitude', () => {
    const sine = tone(8000, 1000, -20, 8000);

    expect(rmsDbfs(sine)).toBeCloseTo(-23.01, 1);
    expect(peakDbfs(sine)).toBeCloseTo(-20, 1);
  });

  it('reaches 0 dB for the most negative sample', () => {
    expect(peakDbfs(Int16Array.of(-32_768))).toBe(0);
    expect(rmsDbfs(Int16Array.of(-32_768))).toBe(0);
  });

  it('is minus infinity for silence and for nothing', () => {
    for (const samples of [new Int16Array(160), new Int16Array(0)]) {
      expect(rmsDbfs(samples)).toBe(Number.NEGATIVE_INFINITY);
      expect(peakDbfs(samples)).toBe(Number.NEGATIVE_INFINITY);
    }
  });
});
