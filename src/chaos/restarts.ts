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
/** It takes a while until somebody notices and starts another one, in ms. */
const REPLACED_AFTER_MS = 8000;
/** Calls before the first restart, and between two. */
const ROLLING_FIRST_MS = 8000;
const ROLLING_PAUSE_MS = 4000;

/** Kills one of two instances while all calls talk; answers how many it carried, and how many of them their callers ended. */
export async function killRound(site: Site, options: RestartOptions) {
  const live = new Set<ChaosCall>();
  const cut = new Map<ChaosCall, number>();
  const victim = site.balancer.instances[0]!;
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
  site.balancer.remove(victim);
  for (const call of talking) cut.set(call, killedAtMs - call.startedAtMs);
  await wait(site, REPLACED_AFTER_MS);
  await replaced(site, options.start, victim);
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
