import { cpus } from 'node:os';
import type { BridgeUsage } from './bridge-process.js';
import type { HarnessFigures } from './harness-process.js';
import { machineSpeed } from './machine-speed.js';
import type { StreamCounts } from './model-server.js';
import { type Bridge, type Harness, startBridge } from './processes.js';
import type { SelfTime } from './profile.js';
import type { Summary } from './statistics.js';
import { isUndisturbed, withStolen } from './stolen.js';

/** One load: so many duplex calls at these rates. */
export interface Load {
  name: string;
  calls: number;
  inputRateHz: number;
  outputRateHz: number;
  transport: 'lean' | 'standard';
  /** Bridge and harness on one core each. */
  oneCore: boolean;
  /** Measured with the same load: answers to webhooks before and under it, interruptions, a profile. */
  extras: readonly ('webhooks' | 'interruptions' | 'profile')[];
}

export interface LoadResult {
  load: Load;
  /** CPU of the whole bridge process, user and system. */
  cpuMsPerCallSecond: number;
  /** What of one core the bridge was busy with, 0 to 1. */
  coreShare: number;
  rssPerCallMb: number;
  loopDelay: BridgeUsage['loopDelay'];
  bridged: HarnessFigures;
  control: HarnessFigures | undefined;
  /** What of one core others have taken meanwhile, and so may have kept from both. */
  othersCoreShare: number;
  /** What of one core the hypervisor has taken meanwhile, from both together. */
  stolenShare: number;
  /** How fast a core was before and after, on average, against the machine of the goals. */
  machineSpeed: number;
  /** The harness was late by more than 20 ms, or others or the hypervisor took a part of a core that counts, in the repetition as well. */
  disturbed: boolean;
  streams: StreamCounts;
  webhooks: { idle: Summary | undefined; underLoad: Summary | undefined } | undefined;
  interruptions: { bridged: HarnessFigures; control: HarnessFigures | undefined } | undefined;
  profile: readonly SelfTime[] | undefined;
}

export interface Timing {
  warmUpMs: number;
  measureMs: number;
  interruptionsMs: number;
  webhookCount: number;
}

const LATE_LIMIT_MS = 20;
const OTHERS_LIMIT = 0.25;
const PROFILE_LENGTH = 40;
const BYTES_PER_MB = 1e6;

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The load over nothing, then over the bridge. */
export async function measureLoad(harness: Harness, load: Load, timing: Timing): Promise<LoadResult> {
  const speedBefore = machineSpeed();
  const control = await measureControl(harness, load, timing);
  const result = await measureBridge(harness, load, timing);
  return {
    ...result,
    machineSpeed: (speedBefore + machineSpeed()) / 2,
    control: control.figures,
    interruptions: result.interruptions && { ...result.interruptions, control: control.interruptions },
  };
}

async function measureControl(harness: Harness, load: Load, timing: Timing) {
  const { calls, inputRateHz, outputRateHz } = load;
  await harness.child.ask('connectDirectly', { port: harness.directPort, calls, inputRateHz, outputRateHz });
  await wait(timing.warmUpMs / 2);
  const figures = await harness.child.ask<HarnessFigures>('measure', { ms: timing.measureMs });
  const interruptions = load.extras.includes('interruptions')
    ? await harness.child.ask<HarnessFigures>('measureInterruptions', { ms: timing.interruptionsMs / 2 })
    : undefined;
  await harness.child.ask('hangUp');
  return { figures, interruptions };
}

async function measureBridge(harness: Harness, load: Load, timing: Timing): Promise<LoadResult> {
  const bridge = await startBridge(harness, load);
  try {
    return await measureOn(bridge, harness, load, timing);
  } finally {
    await bridge.child.end();
  }
}

async function measureOn(bridge: Bridge, harness: Harness, load: Load, timing: Timing): Promise<LoadResult> {
  const { target } = bridge;
  const usage = () => bridge.child.ask<BridgeUsage>('usage');
  const webhooks = () =>
    load.extras.includes('webhooks')
      ? harness.child.ask<Summary>('measureWebhooks', { target, count: timing.webhookCount })
      : undefined;

  // A first call makes everything load that only a call needs: it is no cost of each.
  await harness.child.ask('connectByBridge', { target, calls: 1 });
  await wait(300);
  await harness.child.ask('hangUp');
  const idleWebhooks = await webhooks();
  await wait(200);
  const idle = await usage();

  await harness.child.ask('connectByBridge', { target, calls: load.calls });
  await wait(timing.warmUpMs);
  const window = await measureWindow(bridge, harness, load.calls, timing.measureMs);

  let profile: SelfTime[] | undefined;
  if (load.extras.includes('profile')) {
    await bridge.child.ask('startProfile');
    await wait(timing.measureMs);
    profile = await bridge.child.ask<SelfTime[]>('stopProfile');
  }
  const interruptions = load.extras.includes('interruptions')
    ? await harness.child.ask<HarnessFigures>('measureInterruptions', { ms: timing.interruptionsMs })
    : undefined;
  const loadedWebhooks = await webhooks();
  const streams = await harness.child.ask<StreamCounts>('hangUp');

  const { rss, ...figures } = window;
  return {
    load,
    ...figures,
    machineSpeed: 1,
    rssPerCallMb: (rss - idle.rss) / BYTES_PER_MB / load.calls,
    control: undefined,
    streams,
    webhooks: load.extras.includes('webhooks') ? { idle: idleWebhooks, underLoad: loadedWebhooks } : undefined,
    interruptions: interruptions && { bridged: interruptions, control: undefined },
    profile: profile?.slice(0, PROFILE_LENGTH),
  };
}

/** One window on a running load. A disturbed one is repeated once, and the quieter of both is kept. */
export async function measureWindow(bridge: Bridge, harness: Harness, calls: number, ms: number) {
  const first = await measureOnce(bridge, harness, calls, ms);
  if (!first.disturbed) return first;
  const second = await measureOnce(bridge, harness, calls, ms);
  return !second.disturbed || takenShare(second) < takenShare(first) ? second : first;
}

const takenShare = (window: Pick<LoadResult, 'othersCoreShare' | 'stolenShare'>) =>
  window.othersCoreShare + window.stolenShare;

/** One window, as it was. */
export async function measureOnce(bridge: Bridge, harness: Harness, calls: number, ms: number) {
  const before = await bridge.child.ask<BridgeUsage>('usage');
  const machineBefore = machineBusyMs();
  const { bridged, stolenShare } = await withStolen(async () => ({
    bridged: await harness.child.ask<HarnessFigures>('measure', { ms }),
  }));
  const machineMs = machineBusyMs() - machineBefore;
  const { cpuMs: cpuAfter, wallMs: wallAfter, rss, loopDelay } = await bridge.child.ask<BridgeUsage>('usage');
  const cpuMs = cpuAfter - before.cpuMs;
  const wallMs = wallAfter - before.wallMs;
  const othersCoreShare = Math.max(0, machineMs - cpuMs - bridged.cpuMs) / wallMs;
  return {
    cpuMsPerCallSecond: cpuMs / calls / (wallMs / 1000),
    coreShare: cpuMs / wallMs,
    rss,
    loopDelay,
    bridged,
    ...{ othersCoreShare, stolenShare },
    disturbed:
      bridged.lateness.max > LATE_LIMIT_MS || othersCoreShare > OTHERS_LIMIT || !isUndisturbed({ stolenShare }),
  };
}

/** Time that all cores were busy with anything since the machine started. */
function machineBusyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}
