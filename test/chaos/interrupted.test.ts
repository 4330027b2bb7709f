import { expect, it, onTestFinished } from 'vitest';
import { Injector } from '../../src/chaos/injector.js';
import type { Instance } from '../../src/chaos/instances.js';
import { frozenRound, killedInDrain, killedInRenewal } from '../../src/chaos/interrupted.js';
import { type Site, startSite } from '../../src/chaos/site.js';
import { FakeClock } from '../../src/clock.js';

const STEP_MS = 100;

/** Two instances that only tell what is done to them, and when. */
async function twoInstances() {
  const clock = new FakeClock(0);
  const site = await startSite(clock, { sessionLimitMs: 12_000 });
  onTestFinished(() => site.close());
  const seen: string[] = [];
  const note = (what: string) => seen.push(`${what} at ${clock.now()}`);
  const start = async (name: string): Promise<Instance> => {
    note(`start ${name}`);
    return {
      ...{ name, url: `http://${name}` },
      isReady: async () => true,
      stop: async () => void note(`stop ${name}`),
      kill: async () => void note(`kill ${name}`),
      gauge: async () => undefined,
      disk: () => undefined,
      freeze() {
        note(`freeze ${name}`);
        return () => void note(`go on ${name}`);
      },
    };
  };
  site.balancer.add(await start('one'));
  site.balancer.add(await start('two'));
  seen.splice(0);
  return { clock, site, seen, options: { plans: [], atOnce: 4, injector: new Injector(site, undefined), start } };
}

async function passes(clock: FakeClock, ms: number): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
    clock.advance(STEP_MS);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const namesIn = (site: Site) => site.balancer.instances.map(({ name }) => name);

it('one of two instances stands still for a moment and goes on', async () => {
  const { clock, site, seen, options } = await twoInstances();

  const round = frozenRound(site, options);
  await passes(clock, 20_000);

  expect(await round).toEqual([]);
  expect(seen).toEqual(['freeze one at 4000', 'go on one at 6500']);
  expect(namesIn(site)).toEqual(['one', 'two']);
});

it('one of two instances is killed while it stops, asked on for a while, and replaced', async () => {
  const { clock, site, seen, options } = await twoInstances();

  const round = killedInDrain(site, options);
  await passes(clock, 7000);
  expect(namesIn(site)).toEqual(['one', 'two']);
  await passes(clock, 13_000);

  expect(await round).toEqual({ calls: [], carried: 0, alive: 0 });
  expect(seen).toEqual(['stop one at 4000', 'kill one at 5600', 'start one-again at 9600']);
  expect(namesIn(site)).toEqual(['two', 'one-again']);
});

it('one of two instances is killed when there are more model streams than calls, or nothing was renewed for long', async () => {
  const { clock, site, seen, options } = await twoInstances();
  const models = site.models.map((model) => ({ ...model, openStreams: 0 }));
  let openStreams = 0;
  Object.defineProperty(models[0], 'openStreams', { get: () => openStreams });
  const [first, second] = models;

  const round = killedInRenewal({ ...site, models: [first!, second!] }, options);
  await passes(clock, 3000);
  openStreams = 1;
  await passes(clock, 7000);
  expect(await round).toMatchObject({ carried: 0 });
  expect(seen[0]).toMatch(/^kill one at 3[01]00$/);

  openStreams = 0;
  seen.splice(0);
  const next = killedInRenewal({ ...site, models: [first!, second!] }, options);
  await passes(clock, 25_000);
  await next;
  expect(seen[0]).toMatch(/^kill two at 25[01]00$/);
});
