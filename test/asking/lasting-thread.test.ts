import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Asker } from '../../src/asking/asker.js';
import { interrupted, LastingThread, pauseAfter } from '../../src/asking/lasting-thread.js';
import type { Order } from '../../src/asking/messages.js';
import { FakeClock } from '../../src/clock.js';
import { failureOfPromise, listeningLog } from '../agents/rig.js';
import { beltWith, KNOWLEDGE } from '../tools/rig.js';

/** A thread that takes orders and does nothing about them. */
class IdleThread extends EventEmitter {
  readonly orders: Order[] = [];
  postMessage(order: Order): void {
    this.orders.push(order);
  }
  die(): void {
    this.emit('error', new Error('out of memory'));
    this.emit('exit', 1);
  }
  async terminate(): Promise<number> {
    this.emit('exit', 1);
    return 1;
  }
}

function rig() {
  const clock = new FakeClock();
  const threads: IdleThread[] = [];
  const { log, lines } = listeningLog();
  const thread = new LastingThread({
    start() {
      const idle = new IdleThread();
      threads.push(idle);
      return idle as unknown as Worker;
    },
    began: () => undefined,
    told: () => undefined,
    lost: () => asker.lost(interrupted()),
    clock,
    log,
  });
  const asker = new Asker((order) => thread.post(order));
  thread.start();
  return { clock, threads, thread, asker, lines };
}

describe('a thread that is to last', () => {
  it('is started again at once, and when it dies again and again after longer and longer', () => {
    const { clock, threads } = rig();

    for (const pauseMs of [0, 100, 200, 400]) {
      const count = threads.length;
      threads.at(-1)!.die();
      if (pauseMs > 0) {
        clock.advance(pauseMs - 1);
        expect(threads).toHaveLength(count);
        clock.advance(1);
      }
      expect(threads).toHaveLength(count + 1);
    }
    expect(pauseAfter(1000)).toBe(10_000);
  });

  it('that has lived for a minute is started again at once', () => {
    const { clock, threads } = rig();
    threads[0]!.die();
    clock.advance(60_000);

    threads[1]!.die();

    expect(threads).toHaveLength(3);
  });

  it('interrupts what is asked when it dies, and at once what is asked while there is none', async () => {
    const { clock, threads, asker, lines } = rig();
    const hangUp = new AbortController();
    const asked = failureOfPromise(asker.ask('agents.load', [], { signal: hangUp.signal }));
    threads[0]!.die();
    threads[1]!.die();

    expect(await asked).toMatchObject({ details: { reason: 'interrupted' } });
    expect(await failureOfPromise(asker.ask('agents.load', []))).toMatchObject({ details: { reason: 'interrupted' } });
    expect(asker.openCount).toBe(0);
    // Nobody is told any more that nobody waits.
    hangUp.abort();
    clock.advance(100);
    expect(threads.map(({ orders }) => orders.length)).toEqual([1, 0, 0]);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { code: 'INTERNAL', reason: 'out of memory', pauseMs: 0 },
      { code: 'INTERNAL', reason: 'out of memory', pauseMs: 100 },
    ]);
  });

  it('is not started again once it is closed', async () => {
    const { clock, threads, thread } = rig();
    threads[0]!.die();
    threads[1]!.die();

    await thread.close();
    clock.advance(60_000);

    expect(threads).toHaveLength(2);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a tool whose question was interrupted', () => {
  it('is asked once more where that does no harm, and the model is told to offer it otherwise', async () => {
    const { run, clock } = beltWith({ knowledgeBases: { retrieve: () => Promise.reject(interrupted()) } }, KNOWLEDGE);
    const outcome = run('handbook', { query: 'Who?' });
    await expect.poll(() => clock.pendingTimers).toBeGreaterThan(1);
    clock.advance(1000);

    expect(await outcome).toMatchObject({
      kind: 'failed',
      code: 'TOOL_FAILED',
      why: { reason: 'interrupted' },
      output: {
        error: 'the question was interrupted before there was an answer',
        advice: expect.stringContaining('offer to try once more'),
      },
    });
  });

  it('is asked again however often that happened: it says nothing of the service', async () => {
    let askedCount = 0;
    const { run, clock } = beltWith(
      {
        knowledgeBases: {
          retrieve() {
            askedCount++;
            return Promise.reject(interrupted());
          },
        },
      },
      KNOWLEDGE,
    );
    for (let count = 0; count < 8; count++) {
      const outcome = run('handbook', { query: 'Who?' });
      await expect.poll(() => clock.pendingTimers).toBeGreaterThan(1);
      clock.advance(1000);
      await outcome;
    }

    expect(askedCount).toBe(16);
  });
});
