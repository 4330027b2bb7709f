import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { keepPriority, LOOK_EVERY_MS } from '../../src/asking/thread-priority.js';
import { FakeClock } from '../../src/clock.js';
import { listeningLog } from '../agents/rig.js';
import { settled } from '../tools/rig.js';
import { askingForTests, SOON } from './rig.js';

const { threaded } = askingForTests();

/** A thread that is as busy as it is told; `refused` are changes that the system does not make. */
function thread({ areCallsFirst = true, refused = [] as string[], hasTimes = true } = {}) {
  const clock = new FakeClock();
  const { log, lines } = listeningLog();
  const done: string[] = [];
  const shares: number[] = [];
  let cpuMs = 0;
  const change = async (name: string) => {
    done.push(name);
    return !refused.includes(name);
  };
  keepPriority({
    cpuMs: () => (hasTimes ? cpuMs : undefined),
    areCallsFirst: () => areCallsFirst,
    raise: async () => ((await change('raise')) ? { raised: true } : { raised: false, why: 'not permitted' }),
    lower: () => change('lower'),
    looked: (share) => shares.push(share),
    ...{ clock, log },
  });
  /** Seconds in which it had such shares of a core. */
  const seconds = async (...busy: number[]) => {
    for (const share of busy) {
      cpuMs += share * LOOK_EVERY_MS;
      clock.advance(LOOK_EVERY_MS);
      await settled();
    }
  };
  return { clock, done, lines, shares, seconds };
}

describe('the thread that asks services', () => {
  it('comes before ordinary work after three seconds with little to do, until it has much', async () => {
    const { done, seconds } = thread();

    await seconds(0.9, 0.2, 0.2, 0.3, 0.1, 0.1);
    expect(done).toEqual([]);
    await seconds(0.1);
    expect(done).toEqual(['raise']);
    await seconds(0.4, 0.49, 0.51);
    expect(done).toEqual(['raise', 'lower']);
    await seconds(0.1, 0.1, 0.9, 0.1, 0.1, 0.1);
    expect(done).toEqual(['raise', 'lower', 'raise']);
  });

  it('never does where calls do not', async () => {
    const { done, seconds } = thread({ areCallsFirst: false });

    await seconds(0.1, 0.1, 0.1, 0.1);

    expect(done).toEqual([]);
  });

  it('is made ordinary, and not raised again, when the system refused it once', async () => {
    const { done, seconds } = thread({ refused: ['raise'] });

    await seconds(0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1);

    expect(done).toEqual(['raise', 'lower']);
  });

  it('is made ordinary at the next look when that failed, and says so once', async () => {
    const { done, lines, seconds } = thread({ refused: ['lower'] });

    await seconds(0.1, 0.1, 0.1, 0.9, 0.9, 0.1, 0.1, 0.1);

    expect(done).toEqual(['raise', 'lower', 'lower']);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('a busy thread cannot be made ordinary');
  });

  it('tells what share of a core it had, and looks no more where the system does not tell', async () => {
    const { shares, seconds } = thread();
    await seconds(0.25, 0.5);
    const none = thread({ hasTimes: false });
    await none.seconds(0.1, 0.1);

    expect(shares).toEqual([0.25, 0.5]);
    expect([none.shares, none.clock.pendingTimers]).toEqual([[], 0]);
  });

  it('tells so of itself, until it is gone', async () => {
    const { asked, told, threads } = threaded({});
    expect(asked.coreShare?.()).toBe(0);
    await expect.poll(() => told.some(({ kind }) => kind === 'looked'), SOON).toBe(true);

    threads[0]!.emit('message', { kind: 'looked', share: 0.375 });
    expect(asked.coreShare?.()).toBe(0.375);
    const gone = once(threads[0]!, 'exit');
    await threads[0]!.terminate();
    await gone;

    expect(asked.coreShare?.()).toBe(0);
  });
});
