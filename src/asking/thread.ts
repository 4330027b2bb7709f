import { parentPort, workerData } from 'node:worker_threads';
import { realClock } from '../clock.js';
import { createLog } from '../log.js';
import { keyOf } from '../mcp/server.js';
import { lowerPriority, raisePriority } from '../priority.js';
import { MAIN_THREAD, ownThreadId, THIS_THREAD, threadStat } from '../thread-stat.js';
import { answerer } from './answerer.js';
import { carried } from './carried-error.js';
import type { Told } from './messages.js';
import { methodsOf } from './methods.js';
import { type AskingSettings, type AwsPlaces, askedServices, documentsAt } from './services.js';
import { keepPriority } from './thread-priority.js';

/** What the thread is told when it is started. */
export interface ThreadStart {
  readonly settings: AskingSettings;
  readonly places: Omit<AwsPlaces, 'mcpFetch'>;
  readonly logLevel: string;
}

// The main file of a thread of its own, with a heap of its own.
const { settings, places, logLevel } = workerData as ThreadStart;
const port = parentPort!;
const post = (told: Told) => port.postMessage(told);
const clock = realClock();
const log = createLog(logLevel, { write: (line) => post({ kind: 'logged', line }) });
const documents = documentsAt(places, settings.region, clock);
const services = askedServices({
  settings,
  places,
  documents,
  listed(server, tools, trouble) {
    const key = keyOf(server);
    const listed = trouble
      ? { key, trouble: { error: carried(trouble.error), sinceMs: clock.now() - trouble.sinceMs } }
      : { key, tools };
    post({ kind: 'listed', listed });
  },
  clock,
  log,
});
const methods = methodsOf({
  ...services,
  async close() {
    await services.close();
    documents.close();
  },
});
port.on('message', answerer({ methods, post, clock }));
keepPriority({
  cpuMs: () => threadStat(THIS_THREAD)?.cpuMs,
  areCallsFirst: () => threadStat(MAIN_THREAD)?.isRealtime ?? false,
  raise: () => raisePriority({ id: ownThreadId(), level: 'services' }),
  lower: () => lowerPriority(ownThreadId()),
  looked: (share) => post({ kind: 'looked', share }),
  clock,
  log,
});
log.info('services are asked in a thread of their own');
