import { setPriority } from 'node:os';
import { realClock } from './clock.js';
import { creatorHandler } from './creator/runner.js';
import type { MakingAnswer, MakingOrder } from './creator/separate-handler.js';
import { type CreatorPlaces, type MakingSettings, stageParts } from './creator-making.js';
import { BridgeError, messageOf } from './errors.js';
import { createLog } from './log.js';
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
setPriority(19);
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
  const handler = creatorHandler({
    ...stageParts({ settings, places, tokens, rehearsals: [], clock }),
    ...{ jobs: storedCreatorJobs({ database, clock }), clock, log },
  });
  const running = new Map<number, AbortController>();

  process.on('message', async (order: MakingOrder) => {
    const { number } = order;
    if (order.kind === 'abort') {
      running.get(number)?.abort(new Error('it is not wanted any more'));
      return;
    }
    const wanted = new AbortController();
    running.set(number, wanted);
    const failure = await handler.run({ jobId: order.jobId }, wanted.signal).then(
      () => null,
      (error: unknown) => failureFrom(error),
    );
    running.delete(number);
    process.send?.({ number, failure } satisfies MakingAnswer);
  });
});

function failureFrom(error: unknown): MakingAnswer['failure'] {
  if (!(error instanceof BridgeError)) return { code: 'INTERNAL', message: messageOf(error), details: {} };
  const { code, message, details } = error;
  return { code, message, details: JSON.parse(JSON.stringify(details)) };
}
