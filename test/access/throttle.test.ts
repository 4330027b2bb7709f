import { describe, expect, it } from 'vitest';
import { loginThrottle } from '../../src/access/throttle.js';
import { FakeClock } from '../../src/clock.js';

/** Lets promises that are due run. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function rig(maxAddresses?: number) {
  const clock = new FakeClock();
  const throttle = loginThrottle(clock, maxAddresses);
  /** How long the next refusal of this address waits, in ms. */
  const waitOf = async (address: string) => {
    let isDone = false;
    const refused = throttle.refused(address).then(() => {
      isDone = true;
    });
    const startMs = clock.now();
    await turn();
    while (!isDone) {
      clock.advance(50);
      await turn();
    }
    await refused;
    return clock.now() - startMs;
  };
  return { clock, throttle, waitOf };
}

describe('the throttle of log-ins', () => {
  it('answers three wrong tokens at once, and each further one twice as late, up to five seconds', async () => {
    const { waitOf } = rig();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 10; attempt++) waits.push(await waitOf('10.0.0.1'));

    expect(waits).toEqual([0, 0, 0, 200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  it('keeps one address from slowing down another', async () => {
    const { waitOf } = rig();
    for (let attempt = 0; attempt < 6; attempt++) await waitOf('10.0.0.1');

    expect(await waitOf('10.0.0.2')).toBe(0);
  });

  it('begins anew after a right token, and after a quarter of an hour', async () => {
    const { clock, throttle, waitOf } = rig();
    for (let attempt = 0; attempt < 5; attempt++) await waitOf('10.0.0.1');
    throttle.accepted('10.0.0.1');
    expect(await waitOf('10.0.0.1')).toBe(0);

    for (let attempt = 0; attempt < 5; attempt++) await waitOf('10.0.0.1');
    clock.advance(15 * 60_000);
    expect(await waitOf('10.0.0.1')).toBe(0);
  });

  it('says so at once when more than twenty wait', async () => {
    const { clock, throttle } = rig();
    for (let attempt = 0; attempt < 3; attempt++) await throttle.refused('10.0.0.1');
    const waiting = Array.from({ length: 20 }, () => throttle.refused('10.0.0.1'));

    await expect(throttle.refused('10.0.0.1')).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    clock.advance(5000);
    await Promise.all(waiting);
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes the addresses of one IPv6 network for one', async () => {
    const { waitOf } = rig();
    for (let host = 1; host <= 5; host++) await waitOf(`2001:db8:1:2::${host}`);

    expect(await waitOf('2001:db8:1:2:ffff:0:0:1')).toBeGreaterThan(0);
    expect(await waitOf('2001:db8:1:3::1')).toBe(0);
  });

  it('remembers a bounded number of addresses', async () => {
    const { waitOf } = rig(10);
    for (let attempt = 0; attempt < 4; attempt++) await waitOf('10.0.0.1');
    for (let address = 0; address < 10; address++) await waitOf(`10.0.1.${address}`);

    expect(await waitOf('10.0.0.1')).toBe(0);
  });

  it('lets everyone go when it closes', async () => {
    const { clock, throttle } = rig();
    for (let attempt = 0; attempt < 3; attempt++) await throttle.refused('10.0.0.1');
    const waiting = throttle.refused('10.0.0.1');

    throttle.close();

    await waiting;
    expect(clock.pendingTimers).toBe(0);
  });
});
