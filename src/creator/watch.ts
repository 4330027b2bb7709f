import type { Clock } from '../clock.js';
import type { CreatorJobs } from './job.js';

/** Hints of changes may get lost with the connection that brings them. */
const LOOK_EVERY_MS = 5000;

export interface JobWatch {
  /** Aborts when the job is not running any more: somebody has cancelled it, on whichever instance. */
  readonly over: AbortSignal;
  close(): void;
}

/** Watches a job while one of its stages runs. */
export function watchJob(options: {
  jobs: Pick<CreatorJobs, 'glance' | 'onChanged'>;
  jobId: string;
  clock: Clock;
}): JobWatch {
  const { jobs, jobId, clock } = options;
  const over = new AbortController();
  let isClosed = false;
  let cancelLook = (): void => undefined;

  const look = async (): Promise<void> => {
    // What cannot be looked at now is looked at in a while.
    const job = await jobs.glance(jobId).catch(() => undefined);
    if (job && job.state !== 'running' && !isClosed) over.abort(new Error(`the job is ${job.state}`));
  };
  const lookLater = () => {
    cancelLook = clock.after(LOOK_EVERY_MS, () => {
      void look();
      lookLater();
    });
  };
  const forget = jobs.onChanged((id) => {
    if (id === jobId) void look();
  });
  lookLater();

  return {
    over: over.signal,
    close() {
      isClosed = true;
      forget();
      cancelLook();
    },
  };
}
