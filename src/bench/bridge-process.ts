import { Session } from 'node:inspector/promises';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type App, createApp } from '../app.js';
import type { AwsPlace } from '../aws.js';
import { readConfig } from '../config.js';
import { createLog } from '../log.js';
import { raisePriority } from '../priority.js';
import { playCalls, type SyntheticPlan } from './console-calls.js';
import type { StudioPlace } from './creator.js';
import { timeLookUps } from './directory-times.js';
import { serveParent } from './ipc.js';
import { selfTimes } from './profile.js';

/** What the bridge process has used so far; times in ms, memory in bytes. */
export interface BridgeUsage {
  cpuMs: number;
  wallMs: number;
  rss: number;
  heapUsed: number;
  external: number;
  liveCalls: number;
  /** Open sockets, of the server and to the model. */
  sockets: number;
  /** Event loop delay since the last question. */
  loopDelay: { p50: number; p99: number; max: number };
}

const NANOSECONDS_PER_MS = 1e6;

/** The bridge as in production, in a process of its own that also tells what it uses. */
async function start(given: {
  environment: Record<string, string>;
  modelOrigin: string;
  agentCore: AwsPlace;
  /** Calls are refused when the loop is full, as in production. */
  isLoopMeasured?: boolean;
  models?: StudioPlace;
  s3?: StudioPlace;
}) {
  const { environment, modelOrigin, agentCore, isLoopMeasured = false, models, s3 } = given;
  const config = readConfig(environment);
  const app = await createApp({
    config,
    log: createLog(config.logLevel),
    bedrock: {
      endpoint: modelOrigin,
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-of-the-bench' },
    },
    places: { agentCore, ...(models && { models }) },
    ...(s3 && { s3 }),
    ownsProcess: true,
    // How busy it may be is what the bench finds out, so that keeps no call away; the same measurement runs below.
    ...(!isLoopMeasured && { loop: 'unmeasured' }),
  });
  // As `npm start` does it.
  if (config.isRealtime) await raisePriority();
  await app.listen();
  return app;
}

let app: App | undefined;
const loopDelay = monitorEventLoopDelay({ resolution: 20 });
const inspector = new Session();

function usage(): BridgeUsage {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const delay = {
    p50: loopDelay.percentile(50) / NANOSECONDS_PER_MS,
    p99: loopDelay.percentile(99) / NANOSECONDS_PER_MS,
    max: loopDelay.max / NANOSECONDS_PER_MS,
  };
  loopDelay.reset();
  return {
    cpuMs: (user + system) / 1000,
    wallMs: performance.now(),
    rss,
    heapUsed,
    external,
    liveCalls: app?.registry.liveCount ?? 0,
    sockets: process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length,
    loopDelay: delay,
  };
}

serveParent({
  async start(given: Parameters<typeof start>[0]) {
    app = await start(given);
    loopDelay.enable();
    return (app.server.server.address() as AddressInfo).port;
  },
  usage,
  /** Collects garbage for real (the process runs with `--expose-gc`) before it tells. */
  async usageAfterGc() {
    for (let round = 0; round < 4; round++) {
      globalThis.gc?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return usage();
  },
  timeLookUps,
  /** Calls without a line, for whoever looks on. */
  playCalls(plan: SyntheticPlan) {
    const { registry } = app!;
    playCalls(
      plan,
      (...fact) => registry.emit(...fact),
      () => performance.now(),
    );
  },
  async startProfile() {
    inspector.connect();
    await inspector.post('Profiler.enable');
    await inspector.post('Profiler.start');
  },
  async stopProfile() {
    const { profile } = await inspector.post('Profiler.stop');
    inspector.disconnect();
    return selfTimes(profile);
  },
  close: () => app?.close(),
});
