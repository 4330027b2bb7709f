import type { Clock } from '../clock.js';
import type { JobQueue } from './queue.js';

/** For how long this instance has a job. */
export interface Lease {
  /** Aborts when it is over. */
  readonly signal: AbortSignal;
  /** The job is done: nothing is measured any more. */
  release(): void;
}

/** In how many parts a lease is cut: two requests may fail and the third one still comes in time. */
const PARTS = 4;

/** Over after `leaseMs`. */
export function fixedLease(clock: Clock, leaseMs: number): Lease {
  const end = new AbortController();
  const release = clock.after(leaseMs, () => end.abort(new Error(`took over ${leaseMs} ms`)));
  return { signal: end.signal, release };
}

/** Extended again and again; over when another instance has the job, or when nothing came of extending for `leaseMs`. */
export function extendedLease(queue: Pick<JobQueue, 'extend'>, id: string, clock: Clock, leaseMs: number): Lease {
  const end = new AbortController();
  let isReleased = false;
  let cancelEnd = (): void => undefined;
  let cancelNext = (): void => undefined;

  const release = () => {
    isReleased = true;
    cancelEnd();
    cancelNext();
  };
  const over = (why: string) => {
    release();
    end.abort(new Error(why));
  };
  const endAfter = (ms: number) => {
    cancelEnd();
    cancelEnd = clock.after(ms, () => over(`the lease could not be extended for ${leaseMs} ms`));
  };
  const extendLater = () => {
    cancelNext = clock.after(leaseMs / PARTS, () => void extend());
  };
  const extend = async (): Promise<void> => {
    const askedMs = clock.now();
    // What fails is tried again: the lease is not over yet.
    const isOurs = await queue.extend(id, leaseMs).catch(() => undefined);
    if (isReleased) return;
    if (isOurs === false) {
      over('another instance has the job');
      return;
    }
    // It counts from when the queue was asked: nobody else may begin before this one has ended.
    if (isOurs) endAfter(leaseMs - (clock.now() - askedMs));
    extendLater();
  };

  endAfter(leaseMs);
  extendLater();
  return { signal: end.signal, release };
}
