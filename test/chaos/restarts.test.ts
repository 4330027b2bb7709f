import { describe, expect, it, onTestFinished } from 'vitest';
import { Balancer } from '../../src/chaos/balancer.js';
import { Injector } from '../../src/chaos/injector.js';
import type { Instance } from '../../src/chaos/instances.js';
import { killRound } from '../../src/chaos/restarts.js';
import { startSite } from '../../src/chaos/site.js';
import { FakeClock } from '../../src/clock.js';
import { TwilioFault } from '../../src/emulator/phone/fault.js';
import type { MediaSocket, PhoneWire } from '../../src/emulator/phone/wire.js';

const STEP_MS = 100;

/** An instance that tells what is done to it, and is ready until it is killed. */
function instanceOf(name: string, url: string, note: (what: string) => void): Instance {
  let isAlive = true;
  return {
    ...{ name, url },
    isReady: async () => isAlive,
    stop: async () => note(`stop ${name}`),
    async kill() {
      isAlive = false;
      note(`kill ${name}`);
    },
    gauge: async () => undefined,
    disk: () => undefined,
    freeze: () => () => undefined,
  };
}

async function passes(clock: FakeClock, ms: number): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
    clock.advance(STEP_MS);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it('one of two instances is killed and replaced, and then one that is back at once at its own address, both still asked', async () => {
  const clock = new FakeClock(0);
  const site = await startSite(clock, { sessionLimitMs: 12_000 });
  onTestFinished(() => site.close());
  const seen: string[] = [];
  const note = (what: string) => seen.push(`${what} at ${clock.now()}`);
  let startCount = 0;
  const start = async (name: string, port = 40_001 + startCount++) => {
    note(`start ${name} on ${port}`);
    return instanceOf(name, `http://127.0.0.1:${port}`, note);
  };
  site.balancer.add(await start('one'));
  site.balancer.add(await start('two'));
  seen.splice(0);
  const namesIn = () => site.balancer.instances.map(({ name }) => name);

  const round = killRound(site, { plans: [], atOnce: 4, injector: new Injector(site, undefined), start });
  await passes(clock, 8000);
  expect(namesIn()).toEqual(['one', 'two']);
  await passes(clock, 12_000);

  expect(await round).toEqual({ calls: [], carried: 0, alive: 0 });
  expect(seen).toEqual([
    'kill one at 4000',
    'start one-again on 40003 at 12000',
    'kill one-again at 16000',
    'start one-again on 40003 at 16000',
  ]);
  expect(namesIn()).toEqual(['two', 'one-again']);
});

it('what is sent to a dead instance is answered with 502 until the balancer has checked again', async () => {
  const clock = new FakeClock(0);
  const balancer = new Balancer(clock);
  onTestFinished(() => balancer.close());
  const [dead, live] = ['http://127.0.0.1:1', 'http://127.0.0.1:2'].map((url) => instanceOf(url, url, () => undefined));
  balancer.add(dead!);
  balancer.add(live!);
  const wire: PhoneWire = {
    request: async ({ origin }) => {
      if (origin.port === '1') throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
      return { status: 200, headers: {}, body: Buffer.from('') };
    },
    dial: () => {
      throw new Error('not asked for');
    },
  };
  const asked = async () => {
    const request = { origin: new URL(balancer.next()), path: '/', method: 'POST', headers: {}, body: '' } as const;
    return (await balancer.watch(wire).request(request, new AbortController().signal)).status;
  };
  await passes(clock, 100);

  await dead!.kill();
  const before = [await asked(), await asked(), await asked(), await asked()];
  await passes(clock, 2100);
  const after = [await asked(), await asked()];

  expect(before.toSorted()).toEqual([200, 200, 502, 502]);
  expect(after).toEqual([200, 200]);
});

describe('the second way', () => {
  /** One dead instance and one that lives, and what the second way has to do with them. */
  async function twoOnSecondWay() {
    const clock = new FakeClock(0);
    const balancer = new Balancer(clock);
    onTestFinished(() => balancer.close());
    const [dead, live] = ['http://127.0.0.1:1', 'http://127.0.0.1:2'];
    for (const url of [dead!, live!]) balancer.add(instanceOf(url, url, () => undefined));
    await passes(clock, 100);
    const wire = balancer.watch({
      request: async ({ origin }) => {
        if (origin.origin === dead) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
        return { status: 200, headers: {}, body: Buffer.from('') };
      },
      dial: (_url, { code }) => ({
        socket: {} as MediaSocket,
        upgraded: Promise.reject(new TwilioFault(Number(code), 'no socket')),
      }),
    });
    return { clock, balancer, wire, dead: dead!, live: live! };
  }
  const nextTwo = (balancer: Balancer) => [balancer.nextOnSecondWay(), balancer.nextOnSecondWay()].toSorted();

  it('does not lead again to an instance that refused a request, until the next check', async () => {
    const { clock, balancer, wire, dead, live } = await twoOnSecondWay();
    const request = { origin: new URL(dead), path: '/', method: 'POST', headers: {}, body: '' } as const;

    expect(nextTwo(balancer)).toEqual([dead, live]);
    expect((await wire.request(request, new AbortController().signal)).status).toBe(502);
    expect(nextTwo(balancer)).toEqual([live, live]);
    expect([balancer.next(), balancer.next()].toSorted()).toEqual([dead, live]);
    await passes(clock, 2100);
    expect(nextTwo(balancer)).toEqual([dead, live]);
  });

  it.each([
    ['nor to one that refused a media socket', '31902', false],
    ['but to one that answered it with something else', '31920', true],
  ])('%s', async (_what, code, isAskedAgain) => {
    const { balancer, wire, dead } = await twoOnSecondWay();

    await expect(wire.dial(`${dead.replace('http', 'ws')}/twilio/media`, { code }, []).upgraded).rejects.toThrow();

    expect(nextTwo(balancer).includes(dead)).toBe(isAskedAgain);
  });
});
