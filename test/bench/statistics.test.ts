import { describe, expect, it } from 'vitest';
import { median, percentile, summaryOf } from '../../src/bench/statistics.js';

describe('percentiles', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);

  it.each([
    [0, 1],
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ])('%d of 1 to 100 is %d, whatever the order', (share, expected) => {
    expect(percentile(hundred, share)).toBe(expected);
  });

  it('take the highest of a few values for the 99th', () => {
    expect(percentile([3, 1, 2], 0.99)).toBe(3);
  });

  it('leave the values as they were', () => {
    const values = [3, 1, 2];

    median(values);

    expect(values).toEqual([3, 1, 2]);
  });
});

describe('a summary', () => {
  it('tells count, median, 99th, most and mean', () => {
    expect(summaryOf([4, 1, 2, 1])).toEqual({ count: 4, p50: 1, p99: 4, max: 4, mean: 2 });
  });

  it('of nothing is undefined', () => {
    expect(summaryOf([])).toBeUndefined();
  });
});
