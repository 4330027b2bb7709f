import type { ChaosCall, Stretch } from './call.js';
import type { Instance, StartInstance } from './instances.js';
import { type CallResult, type RoundOptions, runCalls } from './round.js';
import type { Site } from './site.js';
import { wait } from './wait.js';

type InterruptedOptions = Omit<RoundOptions, 'began' | 'ended' | 'killed'> & { readonly start: StartInstance };

/** From the ring of the last call, in ms: all are in the middle of their conversation. */
const TALKING_AFTER_MS = 4000;
const APART_MS = 60;
/** A machine that is frozen for so long, in ms, loses no call and no connection. */
const FROZEN_MS = 2500;
/** From the order to stop to the kill, in ms: calls are being handed over. */
const DRAINING_MS = 1600;
/** For a renewal is looked this often and no longer than that, in ms. */
const LOOK_MS = 5;
const RENEWAL_LIMIT_MS = 15_000;
/** A finished turn is on record so long after its end, in ms: of what ended later the last turn of a call may be missing. */
const COMMIT_MS = 1500;
const REPLACED_AFTER_MS = 4000;

/** One of two instances stands still for a moment while all calls talk. */
export async function frozenRound(site: Site, options: InterruptedOptions): Promise<CallResult[]> {
  const running = runCalls(site, options);
  await wait(site, options.plans.length * APART_MS + TALKING_AFTER_MS);
  const goOn = site.balancer.instances[0]!.freeze();
  await wait(site, FROZEN_MS);
  goOn();
  return running;
}

/** Of the calls that a killed instance carried: how many there were, and how many of them their callers ended. */
export interface KilledCalls {
  readonly calls: readonly CallResult[];
  readonly carried: number;
  readonly alive: number;
}

/** One of two instances is killed while it hands its calls over. */
export function killedInDrain(site: Site, options: InterruptedOptions): Promise<KilledCalls> {
  return killedAfter(site, options, async (victim) => {
    await wait(site, options.plans.length * APART_MS + TALKING_AFTER_MS);
    void victim.stop();
    await wait(site, DRAINING_MS);
  });
}

/** One of two instances is killed while calls have two model streams: the one that ends, and the one that takes over. */
export function killedInRenewal(site: Site, options: InterruptedOptions): Promise<KilledCalls> {
  return killedAfter(site, options, async (_victim, live) => {
    const untilMs = site.clock.now() + RENEWAL_LIMIT_MS;
    const openStreams = () => site.models.reduce((sum, model) => sum + model.openStreams, 0);
    while (openStreams() <= live.size && site.clock.now() < untilMs) await wait(site, LOOK_MS);
  });
}

async function killedAfter(
  site: Site,
  options: InterruptedOptions,
  moment: (victim: Instance, live: ReadonlySet<ChaosCall>) => Promise<void>,
): Promise<KilledCalls> {
  const live = new Set<ChaosCall>();
  const cut = new Map<ChaosCall, { readonly killedMs: number; readonly streams: number }>();
  const victim = site.balancer.instances[0]!;
  const running = runCalls(site, {
    ...options,
    began: (call) => live.add(call),
    ended: (call) => live.delete(call),
    killed: (call) => aroundKill(cut.get(call)?.killedMs),
  });
  await moment(victim, live);
  for (const call of live) {
    const streams = call.phone?.streams ?? [];
    if (streams.length === 0 || streams.at(-1)?.closedMs !== undefined) continue;
    cut.set(call, { killedMs: call.nowMs, streams: streams.length });
  }
  await victim.kill();
  await wait(site, REPLACED_AFTER_MS);
  site.balancer.remove(victim);
  site.balancer.add(await options.start(`${victim.name}-again`));
  const calls = await running;
  const carried = [...cut].filter(([call, { streams }]) => call.phone?.streams[streams - 1]?.closedBy === 'lost');
  const alive = carried.filter(([call]) => call.end?.by === 'caller');
  return { calls, carried: carried.length, alive: alive.length };
}

function aroundKill(killedMs: number | undefined): Stretch | undefined {
  return killedMs === undefined ? undefined : { fromMs: killedMs - COMMIT_MS, toMs: killedMs + COMMIT_MS };
}
