import { realClock } from './clock.js';
import { s3Packages } from './creator/deployment/packages.js';
import { madeAgentOf } from './creator/made.js';
import { versionRemoval } from './creator/removal.js';
import { creatorHandler } from './creator/runner.js';
import type { MakingAnswer, MakingOrder, MakingWork } from './creator/separate-handler.js';
import { type CreatorPlaces, type MakingSettings, stageParts } from './creator-making.js';
import { BridgeError, messageOf } from './errors.js';
import { createLog } from './log.js';
import { workLast } from './priority.js';
import { storedCreatorJobs } from './store/creator-jobs.js';
import { connectDatabase } from './store/database.js';

/** What the process is told first, once. */
export interface MakingProcessStart {
  readonly kind: 'start';
  readonly databaseUrl: string;
  readonly logLevel: string;
  readonly settings: MakingSettings;
  readonly places: CreatorPlaces;
}

const CONNECTIONS = 4;

// The main file of a process of its own. Live calls come first.
workLast();
// Ctrl-C is for the bridge, which lets its work end in order. Without the bridge this process ends at once.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => undefined);
process.once('disconnect', () => process.exit());

process.once('message', ({ databaseUrl, logLevel, settings, places }: MakingProcessStart) => {
  const clock = realClock();
  const log = createLog(logLevel);
  const database = connectDatabase({ url: databaseUrl, clock, log, maxConnections: CONNECTIONS });
  // The pre-deployed AgentCreator takes signatures.
  const tokens = {
    authorization: async () => undefined,
    rejected: () => undefined,
    close: () => undefined,
  };
  const jobs = storedCreatorJobs({ database, clock });
  const parts = stageParts({ settings, places, tokens, rehearsals: [], clock });
  const handler = creatorHandler({ ...parts, jobs, clock, log });
  const removal = versionRemoval({ place: places.s3, bucket: settings.bucket, jobs, log });
  const packages = s3Packages({ place: places.s3, baseZip: settings.baseZip ?? '' });

  const carryOut = async (work: MakingWork, signal: AbortSignal): Promise<unknown> => {
    switch (work.kind) {
      case 'make':
        return handler.run({ jobId: work.jobId }, signal);
      case 'point':
        return parts.writer.point(work.version, signal);
      case 'unpoint':
        return parts.writer.unpoint(work.version, signal);
      case 'remove':
        return removal.remove(work.left, signal);
      case 'package': {
        const job = await jobs.find(work.jobId);
        const agent = job && madeAgentOf(job.stages);
        if (!agent) throw new BridgeError('NOT_FOUND', `There is no agent of the creator job ${work.jobId}.`);
        return packages.store(job, agent, work, signal);
      }
    }
  };
  const running = new Map<number, AbortController>();

  process.on('message', async (order: MakingOrder) => {
    const { number } = order;
    if (order.kind === 'abort') {
      running.get(number)?.abort(new Error('it is not wanted any more'));
      return;
    }
    const wanted = new AbortController();
    running.set(number, wanted);
    const outcome = await carryOut(order.work, wanted.signal).then(
      (result) => ({ failure: null, result }),
      (error: unknown) => ({ failure: failureFrom(error) }),
    );
    running.delete(number);
    process.send?.({ number, ...outcome } satisfies MakingAnswer);
  });
});

function failureFrom(error: unknown): MakingAnswer['failure'] {
  if (!(error instanceof BridgeError)) return { code: 'INTERNAL', message: messageOf(error), details: {} };
  const { code, message, details } = error;
  return { code, message, details: JSON.parse(JSON.stringify(details)) };
}
