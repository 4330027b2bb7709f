import { keepBusy } from '../bench/database.js';
import { realClock } from '../clock.js';
import { temporaryDataDir } from '../store/embedded/temp-folder.js';
import { compileBridge } from './build.js';
import { type ChaosDatabase, startChaosDatabase } from './database.js';
import { environmentOf } from './environment.js';
import { CALL_FAULTS, isCallFault, isRound, type Round } from './faults.js';
import type { Gauge } from './gauge.js';
import { Injector, SHORT_LIFE_MS, type Shared } from './injector.js';
import { type Instance, processStarter, type StartInstance } from './instances.js';
import { type CallPlan, plannedCalls, renewalCalls, SHORT_SESSION_MS } from './plan.js';
import { killRound, rollingRound } from './restarts.js';
import { type CallResult, type RoundOptions, runCalls } from './round.js';
import { type Site, startSite } from './site.js';
import { wait } from './wait.js';

export interface RunOptions {
  readonly seed: number;
  /** Calls in which single faults strike. */
  readonly calls: number;
  readonly atOnce: number;
  /** A fault or a round; undefined: everything. */
  readonly only?: string | undefined;
  readonly progress: (words: string) => void;
  /** A round is over. */
  readonly told: (round: Round | 'faults', calls: readonly CallResult[]) => void;
  /** Gets the logs of the bridges. */
  readonly note: (instance: string, line: string) => void;
}

/** What a run came to. */
export interface RunResult {
  readonly seed: number;
  readonly rounds: Partial<Record<Round | 'faults', readonly CallResult[]>>;
  /** Of the calls that the killed instance carried: how many there were, and how many their callers ended. */
  readonly killed?: { readonly carried: number; readonly alive: number };
  readonly memory?: { readonly before: Gauge; readonly after: Gauge };
  /** Streams open at the models, and sessions without an end, when all was over. */
  /** How often this process was late itself, and the longest time, in ms. */
  readonly stalls: { readonly count: number; readonly longestMs: number };
  /** Calls that a bridge did not take because it had its hands full; they were made again. */
  readonly refused: number;
  readonly left: { readonly streams: number; readonly sessions: number };
}

const LONG_SESSION_MS = 480_000;
const WARM_UP_CALLS = 20;
const RENEWALS_PER_RUN = 42;
const ROLLING_CALLS = 200;
const DATABASE_AWAY_MS = 4000;
const DATABASE_SLOW_MS = 4000;
/** After the last call, until everything that was open for it must be closed. */
const SETTLE_MS = 3000;

/** The whole suite on real processes and real sockets, round after round. */
export async function runChaos(options: RunOptions): Promise<RunResult> {
  const { seed, only, note, progress, told } = options;
  progress('the bridge is compiled ...');
  const entry = compileBridge();
  const clock = realClock();
  const database = await startChaosDatabase();
  const data = await temporaryDataDir();
  const site = await startSite(clock, { sessionLimitMs: LONG_SESSION_MS });
  const databaseUrl = database.url;
  const starter = (sessionLimitMs: number): StartInstance =>
    processStarter(entry, environmentOf(site, { databaseUrl, dataDir: data.path, sessionLimitMs }), {
      note,
      starved: (stall) => site.starved.push(stall),
    });
  const injector = new Injector(site, sharedOf(site, database));
  const shall = (round: Round | 'faults') =>
    only === undefined || only === round || (round === 'faults' && isCallFault(only));
  let refusedCount = 0;
  const refused = () => {
    refusedCount += 1;
  };
  const rounds: Partial<Record<Round | 'faults', readonly CallResult[]>> = {};
  let memory: RunResult['memory'];
  let killed: RunResult['killed'];
  try {
    progress('two bridges start ...');
    const start = starter(LONG_SESSION_MS);
    await addInstance(site, start, 'one', true);
    await addInstance(site, start, 'two');
    if (shall('faults')) {
      const faults = only !== undefined && !isRound(only) ? CALL_FAULTS.filter((name) => name === only) : CALL_FAULTS;
      const plans = plannedCalls(seed, options.calls, faults);
      const carry = (given: readonly CallPlan[]) =>
        runCalls(site, { plans: given, atOnce: options.atOnce, injector, refused });
      progress(`${WARM_UP_CALLS} calls without faults ...`);
      await carry(plannedCalls(seed + 4, WARM_UP_CALLS, []));
      const before = await settledGauge(site);
      progress(`${plans.length} calls with faults ...`);
      rounds.faults = await carry(plans);
      told('faults', rounds.faults);
      await injector.settled();
      const after = await settledGauge(site);
      if (before && after) memory = { before, after };
    }
    if (shall('kill-9')) {
      progress('one of two bridges is killed ...');
      const plans = plannedCalls(seed + 2, options.atOnce, []);
      const result = await killRound(site, { plans, atOnce: options.atOnce, injector, refused, start });
      rounds['kill-9'] = result.calls;
      told('kill-9', result.calls);
      killed = { carried: result.carried, alive: result.alive };
    }
    if (shall('rolling-restart')) {
      const plans = plannedCalls(seed + 3, Math.min(ROLLING_CALLS, options.calls), []);
      progress(`both bridges are replaced while ${plans.length} calls are made ...`);
      rounds['rolling-restart'] = await rollingRound(site, { plans, atOnce: options.atOnce, injector, refused, start });
      told('rolling-restart', rounds['rolling-restart']);
    }
    if (shall('renewal')) {
      progress('model streams are renewed ...');
      await removeAll(site);
      for (const model of site.models) model.setLimits({ sessionMs: SHORT_SESSION_MS });
      await addInstance(site, starter(SHORT_SESSION_MS), 'short');
      rounds.renewal = await renewals(site, { injector, refused, atOnce: options.atOnce }, seed);
      told('renewal', rounds.renewal);
    }
    await wait(site, SETTLE_MS);
    const sessions = site.models.flatMap((model) => model.sessions);
    return {
      seed,
      rounds,
      ...(killed && { killed }),
      ...(memory && { memory }),
      refused: refusedCount,
      stalls: {
        count: site.lateness.stalls.length,
        longestMs: Math.max(0, ...site.lateness.stalls.map(({ fromMs, toMs }) => toMs - fromMs)),
      },
      left: {
        streams: site.models.reduce((sum, { openStreams }) => sum + openStreams, 0),
        sessions: sessions.filter(({ endedBy }) => endedBy === undefined).length,
      },
    };
  } finally {
    await removeAll(site);
    await site.close();
    await database.stop();
    await data.remove();
  }
}

async function renewals(site: Site, options: Omit<RoundOptions, 'plans'>, seed: number): Promise<CallResult[]> {
  const plans = renewalCalls(seed, RENEWALS_PER_RUN);
  const byLimit = plans.filter(({ kind }) => kind !== 'credentials');
  const byCredentials = plans.filter(({ kind }) => kind === 'credentials');
  const results = await runCalls(site, { ...options, plans: byLimit });
  site.credentials.setLifeMs(SHORT_LIFE_MS);
  results.push(...(await runCalls(site, { ...options, plans: byCredentials })));
  site.credentials.setLifeMs(undefined);
  return results;
}

async function addInstance(site: Site, start: StartInstance, name: string, isFirst = false): Promise<Instance> {
  const instance = await start(name);
  if (isFirst) await site.furnish(instance.url);
  site.balancer.add(instance);
  return instance;
}

async function removeAll({ balancer }: Site): Promise<void> {
  await Promise.all(
    balancer.instances.map(async (instance) => {
      balancer.remove(instance);
      await instance.stop();
    }),
  );
}

/** What the bridges hold together when no call is left. */
async function settledGauge(site: Site): Promise<Gauge | undefined> {
  await wait(site, SETTLE_MS);
  const gauges = await Promise.all(site.balancer.instances.map((instance) => instance.gauge()));
  if (gauges.some((gauge) => gauge === undefined)) return undefined;
  const sum = (field: keyof Gauge) => gauges.reduce((total, gauge) => total + gauge![field], 0);
  return { heapUsed: sum('heapUsed'), rss: sum('rss'), sockets: sum('sockets') };
}

/** One after the other: what is away cannot be slow. */
function sharedOf(site: Site, database: ChaosDatabase): Shared {
  let last: Promise<void> = Promise.resolve();
  const next = (trouble: () => Promise<void>) => {
    last = last.then(trouble);
    return last;
  };
  return {
    databaseAway: () =>
      next(async () => {
        await database.away();
        await wait(site, DATABASE_AWAY_MS);
        await database.back();
      }),
    databaseSlow: () =>
      next(async () => {
        const calm = await keepBusy(database.url);
        await wait(site, DATABASE_SLOW_MS);
        await calm();
      }),
  };
}
