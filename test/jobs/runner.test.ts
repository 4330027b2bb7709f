import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { BridgeError } from '../../src/errors.js';
import type { Job, JobQueue } from '../../src/jobs/queue.js';
import { type JobHandler, type JobRunner, runJobs } from '../../src/jobs/runner.js';
import { keptLog } from '../store/opened-store.js';

/** Hands out what a test puts in; what comes of it is written down. */
function handedOut() {
  const waiting: Job[] = [];
  const listeners = new Set<() => void>();
  const outcomes: unknown[][] = [];
  const asked: { kinds: readonly string[]; limit: number; leaseMs: number }[] = [];
  const fault = { claim: undefined as Error | undefined, outcome: undefined as Error | undefined };
  const extended: { id: string; leaseMs: number }[] = [];
  /** What is said to whoever wants to extend a lease. */
  const lending = { answer: async (): Promise<boolean> => true };
  const queue: JobQueue = {
    enqueue: async () => undefined,
    async claim(kinds, limit, leaseMs) {
      asked.push({ kinds, limit, leaseMs });
      if (fault.claim) throw fault.claim;
      const due = waiting.filter(({ kind }) => kinds.includes(kind)).slice(0, limit);
      for (const job of due) waiting.splice(waiting.indexOf(job), 1);
      return due;
    },
    async extend(id, leaseMs) {
      extended.push({ id, leaseMs });
      return lending.answer();
    },
    async done(id) {
      if (fault.outcome) throw fault.outcome;
      outcomes.push(['done', id]);
    },
    async failed(id, error, delayMs) {
      if (fault.outcome) throw fault.outcome;
      outcomes.push(['failed', id, error, delayMs]);
    },
    onEntered(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return {
    queue,
    waiting,
    listeners,
    outcomes,
    asked,
    extended,
    lending,
    fault,
    enter(...jobs: Job[]) {
      waiting.push(...jobs);
      for (const listener of listeners) listener();
    },
  };
}

const job = (id: string, more: Partial<Job> = {}): Job => ({
  ...{ id, kind: 'post', payload: { id }, attempts: 0 },
  ...more,
});
const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

let clock: FakeClock;
let given: ReturnType<typeof handedOut>;
let runner: JobRunner;
let lines: Record<string, unknown>[];
/** Attempts that are under way: a test ends them. */
let running: { payload: Job['payload']; signal: AbortSignal; end: (error?: Error) => void }[];

const post: JobHandler = {
  leaseMs: 30_000,
  delaysMs: [5000, 60_000],
  run: (payload, signal) =>
    new Promise((resolve, reject) => {
      running.push({ payload, signal, end: (error) => (error ? reject(error) : resolve()) });
      signal.addEventListener('abort', () => reject(signal.reason));
    }),
};

const start = (handlers: Record<string, JobHandler> = { post }) => {
  const { log, ...kept } = keptLog();
  lines = kept.lines;
  runner = runJobs({ queue: given.queue, clock, log, handlers });
};

beforeEach(() => {
  clock = new FakeClock();
  given = handedOut();
  running = [];
});
afterEach(async () => {
  await runner.stop();
});

describe('jobs', () => {
  it('that are due when the bridge starts are carried out, and said to be done', async () => {
    given.waiting.push(job('1'), job('2'));
    start();
    await settled();
    for (const each of running) each.end();
    await settled();

    expect(running.map(({ payload }) => payload)).toEqual([{ id: '1' }, { id: '2' }]);
    expect(given.outcomes).toEqual([
      ['done', '1'],
      ['done', '2'],
    ]);
  });

  it('are looked for when one is entered, and each second', async () => {
    start();
    await settled();
    given.enter(job('1'));
    await settled();
    const entered = running.length;
    given.waiting.push(job('2'));
    clock.advance(999);
    await settled();
    const early = running.length;
    clock.advance(1);
    await settled();

    expect([entered, early, running.length]).toEqual([1, 1, 2]);
  });

  it('are claimed by kind, for as long as an attempt of that kind may take', async () => {
    const other: JobHandler = { ...post, leaseMs: 5000 };
    given.waiting.push(job('1'), job('2', { kind: 'other' }), job('3', { kind: 'nobody’s' }));
    start({ post, other });
    await settled();

    expect(given.asked.slice(0, 2)).toEqual([
      { kinds: ['post'], limit: 8, leaseMs: 30_000 },
      { kinds: ['other'], limit: 7, leaseMs: 5000 },
    ]);
    expect(running).toHaveLength(2);
    expect(given.waiting.map(({ id }) => id)).toEqual(['3']);
  });

  it('are carried out eight at a time, and the next when there is room, without waiting for the second', async () => {
    given.waiting.push(...Array.from({ length: 20 }, (_, index) => job(`${index}`)));
    start();
    await settled();
    const atOnce = running.length;
    for (const each of running.slice(0, 3)) each.end();
    await settled();
    const next = running.length;
    for (let index = 3; index < 20; index++) {
      running[index]!.end();
      await settled();
    }

    expect([atOnce, next, running.length]).toEqual([8, 11, 20]);
    expect(given.outcomes).toHaveLength(20);
  });

  it('are each tried again after a pause of their own, growing with how often that was, and then given up', async () => {
    given.waiting.push(job('a'), job('b', { attempts: 1 }), job('c', { attempts: 2 }));
    start();
    await settled();
    for (const each of running) each.end(new BridgeError('WEBHOOK_FAILED', 'The webhook answered 500.'));
    await settled();

    expect(given.outcomes).toEqual([
      ['failed', 'a', 'The webhook answered 500.', 5000],
      ['failed', 'b', 'The webhook answered 500.', 60_000],
      ['failed', 'c', 'The webhook answered 500.', undefined],
    ]);
    expect(lines.map(({ msg, code, attempts }) => [msg, code, attempts])).toEqual([
      ['job failed and is tried again', 'WEBHOOK_FAILED', 1],
      ['job failed and is tried again', 'WEBHOOK_FAILED', 2],
      ['job given up', 'WEBHOOK_FAILED', 3],
    ]);
  });

  it('that take longer than their lease are stopped, and tried again', async () => {
    given.waiting.push(job('slow'));
    start();
    await settled();
    clock.advance(29_999);
    await settled();
    const early = running[0]!.signal.aborted;
    clock.advance(1);
    await settled();

    expect([early, running[0]!.signal.aborted]).toEqual([false, true]);
    expect(given.outcomes).toEqual([['failed', 'slow', 'took over 30000 ms', 5000]]);
  });

  describe('of a kind whose lease is extended', () => {
    const long: JobHandler = { ...post, isExtended: true };
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        clock.advance(1000);
        await settled();
      }
    };

    it('go on for as long as they take, and keep their lease meanwhile', async () => {
      given.waiting.push(job('long'));
      start({ post: long });
      await settled();
      await pass(120);
      const { aborted } = running[0]!.signal;
      running[0]!.end();
      await settled();
      const count = given.extended.length;
      await pass(60);

      expect(aborted).toBe(false);
      expect(given.outcomes).toEqual([['done', 'long']]);
      expect(given.extended[0]).toEqual({ id: 'long', leaseMs: 30_000 });
      expect(count).toBeGreaterThan(12);
      expect(given.extended).toHaveLength(count);
    });

    it('are stopped as soon as it is heard that another instance has them', async () => {
      given.waiting.push(job('long'));
      start({ post: long });
      await settled();
      await pass(15);
      const early = running[0]!.signal.aborted;
      given.lending.answer = async () => false;
      await pass(8);

      expect([early, running[0]!.signal.aborted]).toEqual([false, true]);
      expect(given.outcomes).toEqual([['failed', 'long', 'another instance has the job', 5000]]);
    });

    it('are stopped when the lease could not be extended until it was over, not before', async () => {
      given.waiting.push(job('long'));
      start({ post: long });
      await settled();
      await pass(10);
      given.lending.answer = () => Promise.reject(new BridgeError('STORE_UNAVAILABLE', 'away'));
      await pass(27);
      const early = running[0]!.signal.aborted;
      await pass(1);

      // Extended once, when 7.5 s of the first 30 s were over.
      expect([early, running[0]!.signal.aborted]).toEqual([false, true]);
    });

    it('go on when the lease could be extended after all', async () => {
      given.waiting.push(job('long'));
      start({ post: long });
      await settled();
      given.lending.answer = () => Promise.reject(new BridgeError('STORE_UNAVAILABLE', 'away'));
      await pass(20);
      given.lending.answer = async () => true;
      await pass(100);

      expect(running[0]!.signal.aborted).toBe(false);
    });

    it('have a lease that counts from when it was asked for, however late the answer', async () => {
      let answer = (_isOurs: boolean): void => undefined;
      given.waiting.push(job('long'));
      start({ post: long });
      await settled();
      given.lending.answer = () =>
        new Promise((resolve) => {
          answer = resolve;
        });
      await pass(25);
      answer(true);
      await settled();
      await pass(12);
      const early = running[0]!.signal.aborted;
      await pass(1);

      expect([early, running[0]!.signal.aborted]).toEqual([false, true]);
    });
  });

  it('do not end the runner when what came of one cannot be kept', async () => {
    given.waiting.push(job('1'));
    start();
    await settled();
    given.fault.outcome = new BridgeError('STORE_UNAVAILABLE', 'away');
    running[0]!.end();
    await settled();
    given.fault.outcome = undefined;
    given.enter(job('2'));
    await settled();
    running[1]!.end();
    await settled();

    expect(given.outcomes).toEqual([['done', '2']]);
    expect(lines).toMatchObject([
      { code: 'STORE_UNAVAILABLE', jobId: '1', msg: 'what came of a job could not be kept' },
    ]);
  });

  it('are looked for again and again while they cannot be claimed, which is said once', async () => {
    given.fault.claim = new BridgeError('STORE_UNAVAILABLE', 'away');
    start();
    await settled();
    for (let second = 0; second < 5; second++) {
      clock.advance(1000);
      await settled();
    }
    given.fault.claim = undefined;
    given.waiting.push(job('1'));
    clock.advance(1000);
    await settled();

    expect(running).toHaveLength(1);
    expect(lines).toMatchObject([{ code: 'STORE_UNAVAILABLE', msg: 'jobs cannot be claimed at the moment' }]);
  });
});

describe('a runner that stops', () => {
  it('aborts what runs, puts it back to be due at once, and claims no more', async () => {
    given.waiting.push(job('1', { attempts: 2 }));
    start();
    await settled();

    await runner.stop();
    given.waiting.push(job('2'));
    clock.advance(60_000);
    await settled();

    expect(running[0]!.signal.aborted).toBe(true);
    // Also at what would have been its last attempt.
    expect(given.outcomes).toEqual([['failed', '1', 'the instance was stopped', 0]]);
    expect(given.waiting.map(({ id }) => id)).toEqual(['2']);
    expect(given.listeners.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets a job be done that was done all the same', async () => {
    const stubborn: JobHandler = {
      ...post,
      run: (payload, signal) => new Promise((resolve) => running.push({ payload, signal, end: () => resolve() })),
    };
    given.waiting.push(job('1'));
    start({ post: stubborn });
    await settled();
    const stopped = runner.stop();
    running[0]!.end();
    await stopped;

    expect(given.outcomes).toEqual([['done', '1']]);
  });

  it('while it claims waits for that, and puts back what it got', async () => {
    let hand = (_jobs: Job[]): void => undefined;
    given.queue.claim = () =>
      new Promise<Job[]>((resolve) => {
        hand = resolve;
      });
    start();
    const stopped = runner.stop();
    hand([job('1')]);
    await stopped;

    expect(given.outcomes).toEqual([['failed', '1', 'the instance was stopped', 0]]);
  });
});
