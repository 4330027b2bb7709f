import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ownThreadId, THIS_THREAD, threadStat } from '../src/thread-stat.js';

/** As the system writes it, with a name that looks like more fields. */
const statWith = (policy: number) =>
  `4711 (a) R 9 (b) S 1 4711 4711 0 -1 4194560 100 0 0 0 250 31 0 0 20 0 11 0 100 0 0 1 0 0 0 0 0 0 0 0 0 0 0 0 17 1 1 ${policy} 0 0 0\n`;

it.each([
  ['ordinary', 0, false],
  ['first in first out', 1, true],
  ['round robin', 2, true],
  ['batch', 3, false],
])(
  'the time of a thread that is %s, and whether it is at real time, are read as the system tells them',
  async (_name, policy, isRealtime) => {
    const directory = await mkdtemp(join(tmpdir(), 'oratio-stat-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, 'stat');
    await writeFile(file, statWith(policy));

    expect(threadStat(file)).toEqual({ cpuMs: 2810, isRealtime });
    expect(threadStat(join(directory, 'none'))).toBeUndefined();
  },
);

it('a thread knows its number, and that it has worked', () => {
  const startMs = performance.now();
  while (performance.now() - startMs < 30);

  const byNumber = threadStat(`/proc/self/task/${ownThreadId()}/stat`)!;
  const own = threadStat(THIS_THREAD)!;
  expect(byNumber.cpuMs).toBeGreaterThan(0);
  // A tick may lie between the two.
  expect(own.cpuMs - byNumber.cpuMs).toBeLessThan(30);
  expect(own.cpuMs).toBeGreaterThanOrEqual(byNumber.cpuMs);
});
