import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differenceText, pairedDifference } from '../../src/bench/differences.js';
import { seededRandom } from '../../src/bench/reference.js';

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('the difference of windows side by side', () => {
  it('is the middle one of the differences of each pair', () => {
    expect(pairedDifference([1, 10, 100], [3, 11, 200])).toMatchObject({ pairs: 3, medianMs: 2 });
  });

  it('does not see what both windows of a pair saw', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1 }), (spells) => {
        expect(
          pairedDifference(
            spells,
            spells.map((spell) => spell + 1),
          )?.medianMs,
        ).toBe(1);
      }),
    );
  });

  it('leaves out pairs of which one was not measured, and is none without pairs', () => {
    expect(pairedDifference([1, undefined, 3], [2, 5, undefined])).toMatchObject({ pairs: 1, medianMs: 1 });
    expect(pairedDifference([], [])).toBeUndefined();
  });

  // Source of the ranks: the table of the sign test's confidence interval, two-sided, 5 %.
  it.each([
    [5, undefined],
    [6, [1, 6]],
    [8, [1, 8]],
    [9, [2, 8]],
    [15, [4, 12]],
    [20, [6, 15]],
  ])('of %d pairs lies between the ranks %j', (count, ranks) => {
    expect(pairedDifference(upTo(count).fill(0), upTo(count))?.betweenMs).toEqual(ranks);
  });

  it('holds the true median 19 times of 20, also when single windows are far out', () => {
    const random = seededRandom(1);
    const noise = () => (random() - 0.5) * (random() < 0.2 ? 100 : 2);
    let held = 0;
    for (let run = 0; run < 1000; run++) {
      const { betweenMs } = pairedDifference(upTo(15).map(noise), upTo(15).map(noise))!;
      if (betweenMs![0] <= 0 && betweenMs![1] >= 0) held++;
    }
    expect(held).toBeGreaterThan(940);
  });

  it('is told with its sign and what noise leaves open', () => {
    expect(differenceText({ pairs: 6, medianMs: 0.5, betweenMs: [-1, 2] })).toBe('+0.50 ms (-1.00 to +2.00)');
    expect(differenceText({ pairs: 2, medianMs: -0.5, betweenMs: undefined })).toBe('-0.50 ms');
  });
});
