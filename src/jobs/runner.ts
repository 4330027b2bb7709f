import type { Clock } from '../clock.js';
import { BridgeError, messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { extendedLease, fixedLease } from './lease.js';
import type { Job, JobQueue } from './queue.js';

export interface JobHandler {
  /** How long one attempt may take, in ms; then its signal aborts and another instance may try. */
  leaseMs: number;
  /**
   * The lease is extended while an attempt runs: it may take any time, and `leaseMs` is how long nobody takes over from an
   * instance that was killed. The signal aborts when another has the job, or when it could not be extended in time.
   */
  isExtended?: boolean;
  /**
   * Another instance takes over as soon as this one misses its heartbeats, instead of at the end of the lease. For what may be
   * done twice at once: an instance that cannot reach the store is alive.
   */
  endsWithInstance?: boolean;
  /** How long to wait after the first, second, … failure, in ms; after one more it is given up. */
  delaysMs: readonly number[];
  /** How many run at once in this process at most; left out, as many as there is room for. */
  atOnce?: number;
  /** Rejects when it has to be tried again. `signal` aborts at the end of the lease and when the runner stops. */
  run(payload: Job['payload'], signal: AbortSignal): Promise<void>;
}

const POLL_MS = 1000;
const JOBS_AT_ONCE = 8;

export interface JobRunner {
  /** Claims no more, aborts what runs, and puts it back. */
  stop(): Promise<void>;
}

/** Carries out jobs as they fall due, those of all instances: looks each second, and when one is entered. */
export function runJobs(options: {
  queue: JobQueue;
  clock: Clock;
  log: Logger;
  handlers: Readonly<Record<string, JobHandler>>;
}): JobRunner {
  const { queue, clock, log, handlers } = options;
  const stopped = new AbortController();
  /** With the kind of each. */
  const running = new Map<Promise<void>, string>();
  let looking: Promise<void> | undefined;
  let isMore = false;
  /** There was not room enough for all that were due, as far as one can tell. */
  let mayBeMore = false;
  let isFailing = false;
  let cancelPoll = (): void => undefined;

  const roomFor = (kind: string, { atOnce = JOBS_AT_ONCE }: JobHandler): number => {
    const ofKind = [...running.values()].filter((each) => each === kind).length;
    return Math.min(JOBS_AT_ONCE - running.size, atOnce - ofKind);
  };

  const lookOnce = async (): Promise<void> => {
    mayBeMore = false;
    for (const [kind, handler] of Object.entries(handlers)) {
      if (stopped.signal.aborted) return;
      const room = roomFor(kind, handler);
      if (room <= 0) {
        mayBeMore = true;
        continue;
      }
      const { leaseMs, endsWithInstance } = handler;
      const jobs = await queue.claim([kind], room, leaseMs, { endsWithInstance });
      mayBeMore ||= jobs.length === room;
      for (const job of jobs) {
        const run = carryOut(job, handler).finally(() => {
          running.delete(run);
          if (mayBeMore) look();
        });
        running.set(run, kind);
      }
      // Others may have ended meanwhile.
      if (jobs.length === room && roomFor(kind, handler) > 0) isMore = true;
    }
  };

  const look = (): void => {
    isMore = true;
    looking ??= (async () => {
      try {
        while (isMore && !stopped.signal.aborted) {
          isMore = false;
          await lookOnce();
        }
        isFailing = false;
      } catch (error) {
        if (!isFailing) log.warn({ err: error, code: codeOf(error) }, 'jobs cannot be claimed at the moment');
        isFailing = true;
      } finally {
        looking = undefined;
        poll();
      }
    })();
  };

  const poll = () => {
    cancelPoll();
    if (!stopped.signal.aborted) cancelPoll = clock.after(POLL_MS, look);
  };

  const carryOut = async (job: Job, handler: JobHandler): Promise<void> => {
    const { kind, attempts } = job;
    const lease = handler.isExtended
      ? extendedLease(queue, job.id, clock, handler.leaseMs)
      : fixedLease(clock, handler.leaseMs);
    try {
      try {
        // It may have stopped while it claimed.
        stopped.signal.throwIfAborted();
        await handler.run(job.payload, AbortSignal.any([lease.signal, stopped.signal]));
      } catch (error) {
        if (stopped.signal.aborted) {
          await queue.failed(job.id, 'the instance was stopped', 0);
          return;
        }
        const delayMs = handler.delaysMs[attempts];
        const fields = { kind, jobId: job.id, attempts: attempts + 1, code: codeOf(error), reason: messageOf(error) };
        if (delayMs === undefined) log.error(fields, 'job given up');
        else log.warn({ ...fields, delayMs }, 'job failed and is tried again');
        await queue.failed(job.id, messageOf(error), delayMs);
        return;
      }
      await queue.done(job.id);
    } catch (error) {
      // The lease runs out and it is tried again: handlers must bear that.
      log.warn({ err: error, kind, jobId: job.id, code: codeOf(error) }, 'what came of a job could not be kept');
    } finally {
      lease.release();
    }
  };

  const forget = queue.onEntered(look);
  look();

  return {
    async stop() {
      stopped.abort(new Error('the instance stops'));
      forget();
      cancelPoll();
      await looking;
      await Promise.all(running.keys());
    },
  };
}

function codeOf(error: unknown): string {
  return error instanceof BridgeError ? error.code : 'INTERNAL';
}
