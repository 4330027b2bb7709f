import type { Worker } from 'node:worker_threads';
import { afterEach } from 'vitest';
import { askedInThread, startAskingThread } from '../../src/asking/asked-in-thread.js';
import type { Told } from '../../src/asking/messages.js';
import { type AskedServices, type AwsPlaces, askedServices, documentsAt } from '../../src/asking/services.js';
import { type Clock, realClock } from '../../src/clock.js';
import { listeningLog } from '../agents/rig.js';
import { SETTINGS } from './settings.js';

export { SETTINGS } from './settings.js';
/** For `expect.poll`. */
export const SOON = { timeout: 20_000 };

/** Both ways to ask; all that is in `open` is closed after the test, or after all with `afterAll`, the last one first. */
export function askingForTests(after: (close: () => Promise<void>) => void = afterEach) {
  const open: { close(): unknown }[] = [];
  after(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });

  function inProcess(places: AwsPlaces): AskedServices {
    const clock = realClock();
    const documents = documentsAt(places, SETTINGS.region, clock);
    const asked = askedServices({ settings: SETTINGS, places, documents, clock, log: listeningLog().log });
    open.push(documents, asked);
    return asked;
  }

  /** With what the thread has told so far, and the threads that were started. */
  function threaded(places: AwsPlaces, clock: Clock = realClock()) {
    const { log, lines } = listeningLog();
    const told: Told[] = [];
    const threads: Worker[] = [];
    const asked = askedInThread({
      start: { settings: SETTINGS, places, logLevel: log.level },
      clock,
      log,
      startThread(start) {
        const thread = startAskingThread(start);
        thread.on('message', (message: Told) => told.push(message));
        threads.push(thread);
        return thread;
      },
    });
    open.push(asked);
    return { asked, lines, told, threads };
  }

  return { open, inProcess, threaded };
}

/** A stand-in as a place. */
export const at = ({
  url: endpoint,
  region,
  credentials,
}: {
  url: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}) => ({ endpoint, region, credentials });
