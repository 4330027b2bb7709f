import { expect, it } from 'vitest';
import { leastStolen, stolenMs, withStolen } from '../../src/bench/stolen.js';

it('what a hypervisor takes is read as the system tells it, and is not known where it does not', () => {
  const text = 'cpu  3598067 35122 854604 2410315 17618 0 114611 147124 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 1 2\n';

  expect(stolenMs(text)).toBe(1_471_240);
  expect(stolenMs('cpu  1 2 3 4\n')).toBeUndefined();
  expect(stolenMs('')).toBeUndefined();
});

it('what was measured has the share of a core with it that was taken meanwhile', async () => {
  const taken = [1000, 1000 + 1e9];
  const measured = await withStolen(
    async () => ({ p99: 3 }),
    () => taken.shift(),
  );

  expect(measured.p99).toBe(3);
  expect(measured.stolenShare).toBeGreaterThan(1);
  expect(
    await withStolen(
      async () => ({}),
      () => undefined,
    ),
  ).toEqual({ stolenShare: 0 });
});

it('is measured until nothing to speak of was taken, and least counts when there is no such time', async () => {
  const from =
    (...shares: number[]) =>
    async () => ({ stolenShare: shares.shift()! });

  expect(await leastStolen(3, from(0.01, 0))).toEqual({ stolenShare: 0.01, tries: 1 });
  expect(await leastStolen(3, from(0.3, 0, 0.2))).toEqual({ stolenShare: 0, tries: 2 });
  expect(await leastStolen(3, from(0.3, 0.02, 0.2, 0))).toEqual({ stolenShare: 0.02, tries: 3 });
});
