import { describe, expect, it } from 'vitest';
import type { CreatorResult, CreatorWindow } from '../../src/bench/creator.js';
import { creatorGoalRows, formatCreator } from '../../src/bench/creator-goals.js';
import { summaryOf } from '../../src/bench/statistics.js';

const window: CreatorWindow = {
  figures: { callerToModel: summaryOf([1]), modelToCarrier: summaryOf([1]), lateness: { p99: 1, max: 2 } },
  loopDelay: { p50: 1, p99: 1, max: 1 },
};
const windows = { without: [window], during: [window] };
const result = (maxMs: number): CreatorResult => ({
  ...{ calls: 40, jobs: 10, firstJobMs: 9000, oneJobMs: 2000, allJobsMs: 8000 },
  firstLoopDelay: { p50: 1, p99: 1, max: 1 },
  gates: { programs: 431, firstMs: 900, p50Ms: 7, maxMs },
  ...windows,
  control: windows,
});
const gateRow = (given: CreatorResult | undefined) =>
  creatorGoalRows(given).find(({ figure }) => figure.startsWith('gates'));

describe('the goal of the gates', () => {
  it.each([
    [49.9, true],
    [50.1, false],
  ])('is judged by the slowest program, %d ms', (maxMs, met) => {
    expect(gateRow(result(maxMs))).toEqual({
      figure: 'gates of one program, at most, over 431 programs',
      goal: '<= 50 ms',
      measured: `${maxMs.toFixed(1)} ms`,
      control: 'p50 7.0 ms',
      met,
    });
  });

  it('is open when nothing was measured', () => {
    expect(gateRow(undefined)).toMatchObject({ measured: 'not measured', met: undefined });
  });

  it('is told with what the first program took, which loads the linter', () => {
    expect(formatCreator(result(40))).toContain(
      'gates of one program, over 431: p50 7.0 ms, at most 40.0 ms (the very first 900.0 ms)',
    );
  });
});
