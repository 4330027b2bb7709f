import { expect, it } from 'vitest';
import { boxGoalRows, measureBoxCost } from '../../src/bench/box-cost.js';

const COST = { pairs: 25, withoutUs: 400, withUs: 500, boxUs: 96, mbPerMinute: 0.5 };
const QUIET = { us: 4800, disturbed: false };

it('what a black box costs is held against the CPU of a whole call, and its size against a megabyte a minute', () => {
  const rows = boxGoalRows(COST, QUIET);
  const dear = boxGoalRows({ ...COST, boxUs: 192, mbPerMinute: 1.2 }, QUIET);

  expect(rows.map(({ measured, met }) => [measured, met])).toEqual([
    ['96 µs', undefined],
    ['2.0 % of 4800 µs', true],
    ['0.50 MB/min', true],
  ]);
  expect(dear.map(({ met }) => met)).toEqual([undefined, false, false]);
});

it('a share of calls that other work has slowed down is told, and not judged', () => {
  const [, share] = boxGoalRows(COST, { us: 9600, disturbed: true });

  expect(share).toMatchObject({ measured: '1.0 % of 9600 µs, disturbed', met: undefined });
});

it('without the CPU of a whole call the share is not measured', () => {
  expect(boxGoalRows(COST, undefined)[1]).toMatchObject({ measured: 'not measured', met: undefined });
  expect(boxGoalRows(undefined, QUIET)).toEqual([]);
});

it('a call of a minute on its session leaves a box of its size, in turn with one without', async () => {
  const { pairs, withoutUs, mbPerMinute } = await measureBoxCost(1);

  expect(pairs).toBe(1);
  expect(withoutUs).toBeGreaterThan(0);
  // What is sent of a minute, both sides, as mu-law: what is noted of the events beside it is small.
  expect(mbPerMinute).toBeGreaterThan(0.3);
  expect(mbPerMinute).toBeLessThan(1);
});
