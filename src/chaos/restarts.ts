import type { ChaosCall, Stretch } from './call.js';
import type { Instance, StartInstance } from './instances.js';
import { type CallResult, type RoundOptions, runCalls } from './round.js';
import type { Site } from './site.js';
import { wait } from './wait.js';

type RestartOptions = Omit<RoundOptions, 'began' | 'ended' | 'killed'> & { readonly start: StartInstance };

/** From the ring of the last call to the kill, in ms: all are in the middle of their conversation. */
const KILL_AFTER_MS = 4000;
const APART_MS = 60;
/** A finished turn is on record so long after its end, in ms; what ended later may be missing. */
const COMMIT_MS = 1500;
/** What keeps the seeds of other calls apart from those that were planned. */
const OTHER_SEEDS = 1_000_003;
/** It takes a while until somebody notices and starts another one, in ms. */
const REPLACED_AFTER_MS = 8000;
/** Calls before the first restart, and between two. */
const ROLLING_FIRST_MS = 8000;
const ROLLING_PAUSE_MS = 4000;

/** Of the calls that a killed instance carried: how many there were, and how many of them their callers ended. */
interface KilledCalls {
  readonly calls: readonly CallResult[];
  readonly carried: number;
  readonly alive: number;
}

/**
 * Kills one of two instances while all calls talk, twice: one that another takes the place of after a while, and one that is back
 * at once where it was, with its calls still asking. The balancer goes on to send to it until it has checked again.
 */
export async function killRound(site: Site, options: RestartOptions): Promise<KilledCalls> {
  const [first] = site.balancer.instances;
  const lost = await killed(site, options, first!, async () => {
    await wait(site, REPLACED_AFTER_MS);
    site.balancer.remove(first!);
    await replaced(site, options.start, first!);
  });
  const victim = site.balancer.instances.at(-1)!;
  // Calls of their own, whose tools are not taken for those of the calls before.
  const plans = options.plans.map((plan) => ({ ...plan, seed: plan.seed + OTHER_SEEDS }));
  const restarted = await killed(site, { ...options, plans }, victim, async () => {
    const back = await options.start(victim.name, Number(new URL(victim.url).port));
    site.balancer.remove(victim);
    site.balancer.add(back);
  });
  return {
    calls: [...lost.calls, ...restarted.calls],
    carried: lost.carried + restarted.carried,
    alive: lost.alive + restarted.alive,
  };
}

async function killed(
  site: Site,
  options: RestartOptions,
  victim: Instance,
  after: () => Promise<void>,
): Promise<KilledCalls> {
  const live = new Set<ChaosCall>();
  const cut = new Map<ChaosCall, number>();
  const running = runCalls(site, {
    ...options,
    began: (call) => live.add(call),
    ended: (call) => live.delete(call),
    killed: (call) => aroundKill(cut.get(call)),
  });
  await wait(site, options.plans.length * APART_MS + KILL_AFTER_MS);
  const talking = [...live].filter(({ phone }) => phone?.streams.at(-1)?.closedMs === undefined);
  const streams = new Map(talking.map((call) => [call, call.phone?.streams.length ?? 0]));
  const killedAtMs = site.clock.now();
  await victim.kill();
  for (const call of talking) cut.set(call, killedAtMs - call.startedAtMs);
  await after();
  const calls = await running;
  const carried = talking.filter((call) => {
    const stream = call.phone?.streams[(streams.get(call) ?? 0) - 1];
    return stream?.closedBy === 'lost';
  });
  const alive = carried.filter(({ end }) => end?.by === 'caller');
  return { calls, carried: carried.length, alive: alive.length };
}

/** Replaces both instances, one after the other, while calls come and go. */
export async function rollingRound(site: Site, options: RestartOptions): Promise<CallResult[]> {
  const running = runCalls(site, options);
  const former = [...site.balancer.instances];
  await wait(site, ROLLING_FIRST_MS);
  for (const instance of former) {
    await instance.stop();
    site.balancer.remove(instance);
    await replaced(site, options.start, instance);
    await wait(site, ROLLING_PAUSE_MS);
  }
  return running;
}

async function replaced({ balancer }: Site, start: StartInstance, instance: Instance): Promise<void> {
  balancer.add(await start(`${instance.name}-again`));
}

function aroundKill(killedMs: number | undefined): Stretch | undefined {
  return killedMs === undefined ? undefined : { fromMs: killedMs - COMMIT_MS, toMs: killedMs + COMMIT_MS };
}
