import { createApp } from '../app.js';
import { realClock } from '../clock.js';
import { readConfig } from '../config.js';
import { createLog } from '../log.js';
import { stopInOrder } from '../shutdown.js';
import { disturbedDisk } from './bad-disk.js';
import { fetchedCredentials } from './credentials.js';
import type { Asked, Gauge, Told } from './gauge.js';
import { watchStarvation } from './lateness.js';

/**
 * The bridge as `main.ts` runs it, in a process of its own, with things that the environment has no names for: where the
 * model is in each region, credentials that somebody else issues and that expire, and a disk that fails when asked to. It tells its parent what it holds.
 */
const GC_ROUNDS = 4;

function gauge(): Gauge {
  const { heapUsed, rss } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  return { heapUsed, rss, sockets: resources.filter((name) => name === 'TCPSocketWrap').length };
}

const clock = realClock();
const setDisk = disturbedDisk(clock);

process.on('message', async (message: Asked) => {
  if ('disk' in message) {
    setDisk(message.disk ?? undefined);
    return;
  }
  for (let round = 0; round < GC_ROUNDS; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.send?.({ gauge: gauge() } satisfies Told);
});
// The question may come at any time, but the process does not live for it.
process.channel?.unref();
process.on('disconnect', () => process.exit(1));

const { CHAOS_MODEL_ENDPOINTS = '{}', CHAOS_CREDENTIALS_URL = '', ...environment } = process.env;
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
watchStarvation(clock, cpuMs, (starved) => process.send?.({ starved } satisfies Told));

const config = readConfig(environment);
const log = createLog(config.logLevel);
const app = await createApp({
  config,
  log,
  ownsProcess: true,
  bedrock: {
    endpoint: JSON.parse(CHAOS_MODEL_ENDPOINTS) as Record<string, string>,
    credentials: fetchedCredentials(CHAOS_CREDENTIALS_URL),
  },
});
stopInOrder(app, log);
await app.listen();
log.info('listening');
