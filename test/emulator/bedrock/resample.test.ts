import { describe, expect, it } from 'vitest';
import { convertRate } from '../../../src/emulator/bedrock/resample.js';

function tone(frequencyHz: number, rateHz: number, durationMs: number): Int16Array {
  const samples = new Int16Array((rateHz * durationMs) / 1000);
  return samples.map((_, i) => Math.round(16_000 * Math.sin((2 * Math.PI * frequencyHz * i) / rateHz)));
}

function rms(samples: Iterable<number> & { length: number }): number {
  return Math.sqrt([...samples].reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

describe('conversion of clips between rates', () => {
  it.each([
    [16_000, 8000],
    [16_000, 24_000],
    [24_000, 8000],
    [8000, 16_000],
    [44_100, 16_000],
  ])('keeps a tone of 1 kHz from %i to %i Hz within -60 dB', (fromHz, toHz) => {
    const converted = convertRate(tone(1000, fromHz, 500), fromHz, toHz);
    const ideal = tone(1000, toHz, 500);

    const error = Float64Array.from(converted, (sample, i) => sample - ideal[i]!).slice(400, -400);

    expect(converted).toHaveLength(ideal.length);
    expect(20 * Math.log10(rms(error) / rms(ideal))).toBeLessThan(-60);
  });

  it('removes what the lower rate cannot hold', () => {
    const converted = convertRate(tone(5000, 16_000, 500), 16_000, 8000).slice(400, -400);

    expect(20 * Math.log10(rms(converted) / rms(tone(5000, 16_000, 500)))).toBeLessThan(-60);
  });
});
