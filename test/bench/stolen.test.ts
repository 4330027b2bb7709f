import { expect, it } from 'vitest';
import { stolenMs, withStolenShare } from '../../src/bench/stolen.js';

it('what a hypervisor takes is read as the system tells it, and is not known where it does not', () => {
  const text = 'cpu  3598067 35122 854604 2410315 17618 0 114611 147124 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 1 2\n';

  expect(stolenMs(text)).toBe(1_471_240);
  expect(stolenMs('cpu  1 2 3 4\n')).toBeUndefined();
  expect(stolenMs(undefined)).toSatisfy((ms) => ms === undefined || Number(ms) >= 0);
});

it('work is told with the share of a core that was taken meanwhile', async () => {
  const { result, stolenShare } = await withStolenShare(async () => 'done');

  expect(result).toBe('done');
  expect(stolenShare).toBeGreaterThanOrEqual(0);
});
