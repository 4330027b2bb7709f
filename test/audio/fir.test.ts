import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filter, placeTaps } from '../../src/audio/fir.js';

const TAPS = Float64Array.from({ length: 24 }, (_, i) => Math.sin(i) / 24);
const PLACED = placeTaps(TAPS);

describe('the filter', () => {
  it('gives the sums that plain arithmetic gives, to the bit of 16, at every step and stride', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 200, maxLength: 200 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 2 }),
        (samples, step, count, stride) => {
          const out = new Int16Array(count * stride);

          filter(Float32Array.from(samples), PLACED, step, count, out, stride);

          for (let n = 0; n < count; n++) {
            let sum = 0;
            for (let k = 0; k < TAPS.length; k++) sum += TAPS[k]! * samples[n * step + k]!;
            expect(Math.abs(out[n * stride]! - Math.max(-32_768, Math.min(32_767, sum)))).toBeLessThanOrEqual(0.51);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('clamps what leaves 16 bits', () => {
    const loud = placeTaps(new Float64Array(8).fill(1));
    const out = new Int16Array(2);

    filter(
      Float32Array.from({ length: 9 }, (_, i) => (i < 8 ? 32_767 : -32_768)),
      loud,
      1,
      1,
      out,
      1,
    );
    expect(out[0]).toBe(32_767);
    filter(new Float32Array(9).fill(-32_768), loud, 1, 1, out, 1);
    expect(out[0]).toBe(-32_768);
  });

  it('takes only taps that it can read eight at a time', () => {
    expect(() => placeTaps(new Float64Array(12))).toThrow(RangeError);
  });
});
