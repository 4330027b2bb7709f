import { expect, it, onTestFinished } from 'vitest';
import type { DiskTrouble } from '../../src/chaos/bad-disk.js';
import { ChaosCall } from '../../src/chaos/call.js';
import type { CallFault } from '../../src/chaos/faults.js';
import { Injector } from '../../src/chaos/injector.js';
import { startSite } from '../../src/chaos/site.js';
import { FakeClock } from '../../src/clock.js';

async function injecting() {
  const clock = new FakeClock(0);
  const site = await startSite(clock, { sessionLimitMs: 480_000 });
  onTestFinished(() => site.close());
  const disks: (DiskTrouble | undefined)[] = [];
  const shared = {
    databaseAway: async () => undefined,
    databaseSlow: async () => undefined,
    disk: async (trouble: DiskTrouble | undefined) => void disks.push(trouble),
  };
  const injector = new Injector(site, shared);
  const call = new ChaosCall({ index: 0, kind: 'plain', turns: [], faults: [], seed: 1 }, clock);
  return { clock, site, injector, disks, call, strike: (name: CallFault) => injector.strike(name, call) };
}

it.each(['full', 'slow'] as const)(
  'a disk that is %s is so for all bridges, once at a time and for a while',
  async (trouble) => {
    const { clock, site, injector, disks, call, strike } = await injecting();

    strike(`disk-${trouble}`);
    strike(`disk-${trouble}`);
    expect(disks).toEqual([trouble]);

    await Promise.resolve();
    clock.advance(10_000);
    await injector.settled();
    expect(disks).toEqual([trouble, undefined]);
    expect(site.fullDisk).toEqual(trouble === 'full' ? [{ fromMs: 0, toMs: 10_000 }] : []);
    expect(call.strikes.map(({ name }) => name)).toEqual([`disk-${trouble}`, `disk-${trouble}`]);
  },
);

it('a storage that is slow answers late for a while', async () => {
  const { clock, site, injector, strike } = await injecting();
  const ask = () => fetch(`${site.s3.url}/recordings/none`).then(({ status }) => status);
  let status: number | undefined;

  strike('storage-slow');
  const slow = ask().then((answer) => {
    status = answer;
  });
  await expect.poll(() => site.s3.requests.length, { timeout: 20_000 }).toBe(1);
  expect(status).toBeUndefined();
  clock.advance(10_000);
  await slow;
  await injector.settled();

  // Nobody turns the clock any more.
  expect(await ask()).toBeGreaterThan(0);
});
