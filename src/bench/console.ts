import type { BridgeUsage } from './bridge-process.js';
import type { SyntheticPlan } from './console-calls.js';
import type { Told } from './console-viewers.js';
import type { HarnessFigures } from './harness-process.js';
import { measureOnce } from './loads.js';
import { AUTHORIZATION, type Bridge, type Harness, startBridge } from './processes.js';
import type { SelfTime } from './profile.js';
import { median, medianSummary, type Summary } from './statistics.js';

export interface ConsolePlan {
  /** On the board, and what happens to all of them in a second. */
  calls: number;
  eventsPerSecond: number;
  endingPerSecond: number;
  /** Consoles that are open, one figure each. */
  viewers: readonly number[];
  measureMs: number;
  /** Each window is measured so often, by turns with one without consoles. */
  repeats: number;
  /** Real calls beside them, whose sound is timed. */
  liveCalls: number;
  profile: boolean;
}

/** What consoles cost the bridge; shares of a core from 0 to 1. */
export interface ConsoleCost {
  calls: number;
  eventsPerSecond: number;
  /** Of the bridge while nobody looks on: its calls alone. */
  aloneShare: number;
  viewers: {
    count: number;
    /** What all of them together add to that. */
    addedShare: number;
    /** What each is told in a second. */
    eventsPerSecond: number;
    kilobytesPerSecond: number;
    lost: number;
  }[];
  /** The most consoles at once open their streams: CPU of the bridge until all have been told how things stand. */
  opening: { viewers: number; cpuMs: number; tookMs: number };
  sound: SoundBeside | undefined;
  disturbed: boolean;
  profile: readonly SelfTime[] | undefined;
}

type Delays = Record<'callerToModel' | 'modelToCarrier', Summary | undefined>;

/** The sound of real calls beside those of the board, without and with consoles; medians of the windows. */
export interface SoundBeside {
  calls: number;
  viewers: number;
  without: Delays;
  with: Delays;
}

const RATES = { inputRateHz: 16_000, outputRateHz: 24_000 };
const SETTLE_MS = 1500;
const PROFILE_LENGTH = 25;

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Ever more consoles before a full board that changes all the time. */
export async function measureConsole(
  harness: Harness,
  plan: ConsolePlan,
  progress: (text: string) => void,
): Promise<ConsoleCost> {
  const bridge = await startBridge(harness, { transport: 'lean', oneCore: false, ...RATES });
  try {
    const { calls, eventsPerSecond, endingPerSecond } = plan;
    const synthetic: SyntheticPlan = { calls, eventsPerSecond, endingPerSecond, agentId: bridge.agentId };
    await bridge.child.ask('playCalls', synthetic);
    await wait(2 * SETTLE_MS);
    return await measureOn(bridge, harness, plan, progress);
  } finally {
    await harness.child.ask('closeViewers');
    await bridge.child.end();
  }
}

async function measureOn(
  bridge: Bridge,
  harness: Harness,
  plan: ConsolePlan,
  progress: (text: string) => void,
): Promise<ConsoleCost> {
  const { measureMs, repeats } = plan;
  const usage = () => bridge.child.ask<BridgeUsage>('usage');
  const told = () => harness.child.ask<Told>('toldViewers');
  const openViewers = (count: number) =>
    harness.child.ask('openViewers', { port: bridge.target.port, authorization: AUTHORIZATION, count });
  const window = async () => {
    const [before, toldBefore] = [await usage(), await told()];
    await wait(measureMs);
    const [after, toldAfter] = [await usage(), await told()];
    const seconds = (after.wallMs - before.wallMs) / 1000;
    return {
      share: (after.cpuMs - before.cpuMs) / 1000 / seconds,
      events: (toldAfter.events - toldBefore.events) / seconds,
      bytes: (toldAfter.bytes - toldBefore.bytes) / seconds,
      lost: toldAfter.lost,
    };
  };

  const alone: number[] = [];
  const viewers: ConsoleCost['viewers'] = [];
  const most = Math.max(...plan.viewers);
  let opening = { viewers: most, cpuMs: Number.NaN, tookMs: Number.NaN };
  for (const count of plan.viewers) {
    progress(`${plan.calls} calls before ${count} consoles ...`);
    const added: number[] = [];
    const rates = { events: 0, bytes: 0, lost: 0 };
    for (let repeat = 0; repeat < repeats; repeat++) {
      const without = (await window()).share;
      alone.push(without);
      const before = await usage();
      await openViewers(count);
      const after = await usage();
      if (count === most) {
        opening = { viewers: count, cpuMs: after.cpuMs - before.cpuMs, tookMs: after.wallMs - before.wallMs };
      }
      await wait(SETTLE_MS);
      const { share, ...others } = await window();
      Object.assign(rates, others);
      added.push(share - without);
      await harness.child.ask('closeViewers');
      await wait(SETTLE_MS / 2);
    }
    viewers.push({
      count,
      addedShare: median(added),
      eventsPerSecond: rates.events / count,
      kilobytesPerSecond: rates.bytes / count / 1000,
      lost: rates.lost,
    });
  }

  let profile: SelfTime[] | undefined;
  if (plan.profile) {
    await openViewers(most);
    await wait(SETTLE_MS);
    await bridge.child.ask('startProfile');
    await wait(measureMs);
    profile = await bridge.child.ask<SelfTime[]>('stopProfile');
    await harness.child.ask('closeViewers');
  }
  progress(`sound of ${plan.liveCalls} calls beside ${most} consoles ...`);
  const { disturbed, ...sound } = await measureSound(bridge, harness, plan, () => openViewers(most));
  return {
    calls: plan.calls,
    eventsPerSecond: plan.eventsPerSecond,
    aloneShare: median(alone),
    viewers,
    opening,
    sound: { calls: plan.liveCalls, viewers: most, ...sound },
    disturbed,
    profile: profile?.slice(0, PROFILE_LENGTH),
  };
}

/** Windows by turns without and with consoles, on the same calls. */
async function measureSound(
  bridge: Bridge,
  harness: Harness,
  { liveCalls, measureMs, repeats }: ConsolePlan,
  openViewers: () => Promise<unknown>,
): Promise<Pick<SoundBeside, 'without' | 'with'> & { disturbed: boolean }> {
  await harness.child.ask('connectByBridge', { target: bridge.target, calls: liveCalls });
  await wait(SETTLE_MS);
  const without: HarnessFigures[] = [];
  const beside: HarnessFigures[] = [];
  let disturbed = false;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const quiet = await measureOnce(bridge, harness, liveCalls, measureMs);
    await openViewers();
    await wait(SETTLE_MS);
    const looked = await measureOnce(bridge, harness, liveCalls, measureMs);
    await harness.child.ask('closeViewers');
    without.push(quiet.bridged);
    beside.push(looked.bridged);
    disturbed ||= quiet.disturbed || looked.disturbed;
  }
  await harness.child.ask('hangUp');
  return { without: delaysOf(without), with: delaysOf(beside), disturbed };
}

function delaysOf(windows: readonly HarnessFigures[]): Delays {
  return {
    callerToModel: medianSummary(windows.map(({ callerToModel }) => callerToModel)),
    modelToCarrier: medianSummary(windows.map(({ modelToCarrier }) => modelToCarrier)),
  };
}
