import { keepBusy } from '../bench/database.js';
import { realClock } from '../clock.js';
import { temporaryDataDir } from '../store/embedded/temp-folder.js';
import { compileBridge } from './build.js';
import type { RunSize } from './command.js';
import { type ChaosDatabase, startChaosDatabase } from './database.js';
import { environmentOf } from './environment.js';
import { CALL_FAULTS, isCallFault, type Part } from './faults.js';
import type { Gauge } from './gauge.js';
import { Injector, type Shared } from './injector.js';
import { type Instance, processStarter, type StartInstance } from './instances.js';
import { frozenRound, type KilledCalls, killedInDrain, killedInRenewal } from './interrupted.js';
import { plannedCalls, RENEWAL_STATES, renewalCalls, SHORT_SESSION_MS } from './plan.js';
import { isByLimit, renewals } from './renewals.js';
import { killRound, rollingRound } from './restarts.js';
import { type CallResult, type RoundOptions, runCalls } from './round.js';
import { type Site, startSite } from './site.js';
import { wait } from './wait.js';

export interface RunOptions extends RunSize {
  /** A fault or a part; undefined: everything. */
  readonly only?: string | undefined;
  readonly progress: (words: string) => void;
  /** A part is over. */
  readonly told: (part: Part, calls: readonly CallResult[]) => void;
  /** Gets the logs of the bridges. */
  readonly note: (instance: string, line: string) => void;
}

/** What bridges held when no call was left, before a part and after it. */
export interface Growth {
  readonly before: Gauge;
  readonly after: Gauge;
}

/** What a run came to. */
export interface RunResult extends RunSize {
  readonly rounds: Partial<Record<Part, readonly CallResult[]>>;
  /** Of the calls that a killed instance carried: how many there were, and how many their callers ended. */
  readonly killed: Partial<Record<Part, Omit<KilledCalls, 'calls'>>>;
  /** Of the bridges that live through a part; of a rolling restart, those before it and those after it. */
  readonly memory: Partial<Record<Part, Growth>>;
  /** How often this process was late itself, and the longest time, in ms. */
  readonly stalls: { readonly count: number; readonly longestMs: number };
  /** Calls that a bridge did not take because it had its hands full; they were made again. */
  readonly refused: number;
  /** Streams open at the models, and sessions without an end, when all was over. */
  readonly left: { readonly streams: number; readonly sessions: number };
}

const LONG_SESSION_MS = 480_000;
const WARM_UP_CALLS = 20;
const RENEWALS_PER_RUN = 54;
const ROLLING_CALLS = 200;
const FROZEN_CALLS = 20;
const DATABASE_AWAY_MS = 4000;
const DATABASE_SLOW_MS = 4000;
/** After the last call, until everything that was open for it must be closed. */
const SETTLE_MS = 3000;

/** The whole suite on real processes and real sockets, part after part. */
export async function runChaos(options: RunOptions): Promise<RunResult> {
  const { seed, calls, atOnce, only, note, progress, told } = options;
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
  const shall = (part: Part) => only === undefined || only === part || (part === 'faults' && isCallFault(only));
  let refusedCount = 0;
  const round: Omit<RoundOptions, 'plans'> = {
    ...{ atOnce, injector },
    refused: () => {
      refusedCount += 1;
    },
  };
  const rounds: Partial<Record<Part, readonly CallResult[]>> = {};
  const killed: Partial<Record<Part, Omit<KilledCalls, 'calls'>>> = {};
  const memory: Partial<Record<Part, Growth>> = {};
  const start = starter(LONG_SESSION_MS);
  const begin = async (part: Part, words: string, work: () => Promise<readonly CallResult[]>) => {
    if (!shall(part)) return;
    progress(words);
    const results = await work();
    rounds[part] = results;
    told(part, results);
  };
  /** What these bridges grew by meanwhile; after it, others may have taken their places. */
  const measured = async <Result>(part: Part, work: () => Promise<Result>, survivors?: readonly Instance[]) => {
    const before = await settledGauge(site, survivors);
    const result = await work();
    await injector.settled();
    const after = await settledGauge(site, survivors);
    if (before && after) memory[part] = { before, after };
    return result;
  };
  const noteKilled = (part: Part, { calls: results, carried, alive }: KilledCalls) => {
    killed[part] = { carried, alive };
    return results;
  };
  const warmUp = async () => {
    const plans = plannedCalls(seed + 4, Math.min(WARM_UP_CALLS, calls), []);
    progress(`${plans.length} calls without faults ...`);
    await runCalls(site, { ...round, plans });
  };
  try {
    progress('two bridges start ...');
    await addInstance(site, start, 'one', true);
    await addInstance(site, start, 'two');
    if (shall('faults') || shall('kill-9') || shall('rolling-restart')) await warmUp();

    const faults = only !== undefined && isCallFault(only) ? [only] : CALL_FAULTS;
    const plans = plannedCalls(seed, calls, faults);
    await begin('faults', `${plans.length} calls with faults ...`, () =>
      measured('faults', () => runCalls(site, { ...round, plans })),
    );
    const talks = (of: number, count: number) => ({ ...round, plans: plannedCalls(seed + of, count, []), start });
    await begin('kill-9', 'one of two bridges is killed ...', async () => {
      const survivors = site.balancer.instances.slice(1);
      return noteKilled('kill-9', await measured('kill-9', () => killRound(site, talks(2, atOnce)), survivors));
    });
    await begin('kill-9-in-drain', 'one of two bridges is killed while it stops ...', async () =>
      noteKilled('kill-9-in-drain', await killedInDrain(site, talks(5, atOnce))),
    );
    await begin('stand-still', 'one of two bridges stands still for a moment ...', () =>
      frozenRound(site, talks(6, Math.min(FROZEN_CALLS, atOnce))),
    );
    const rolling = talks(3, Math.min(ROLLING_CALLS, calls));
    const replacing = `both bridges are replaced while ${rolling.plans.length} calls are made ...`;
    await begin('rolling-restart', replacing, () => measured('rolling-restart', () => rollingRound(site, rolling)));

    if (shall('renewal') || shall('kill-9-in-renewal')) {
      await removeAll(site);
      for (const model of site.models) model.setLimits({ sessionMs: SHORT_SESSION_MS });
      const renewedCount = Math.min(RENEWALS_PER_RUN, Math.max(RENEWAL_STATES.length, calls));
      const startShort = starter(SHORT_SESSION_MS);
      await addInstance(site, startShort, 'short');
      if (shall('renewal')) await warmUp();
      await begin('renewal', 'model streams are renewed ...', () =>
        measured('renewal', () => renewals(site, round, renewalCalls(seed, renewedCount))),
      );
      await begin('kill-9-in-renewal', 'one of two bridges is killed while streams are renewed ...', async () => {
        await addInstance(site, startShort, 'short-two');
        const renewed = renewalCalls(seed + 7, atOnce).filter(({ kind }) => isByLimit(kind));
        const calm = { ...round, plans: renewed, start: startShort };
        return noteKilled('kill-9-in-renewal', await killedInRenewal(site, calm));
      });
    }
    await wait(site, SETTLE_MS);
    const sessions = site.models.flatMap((model) => model.sessions);
    return {
      ...{ seed, calls, atOnce },
      ...{ rounds, killed, memory },
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

/** What these bridges, or all there are, hold together when no call is left. */
async function settledGauge(site: Site, instances?: readonly Instance[]): Promise<Gauge | undefined> {
  await wait(site, SETTLE_MS);
  const gauges = await Promise.all((instances ?? site.balancer.instances).map((instance) => instance.gauge()));
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
    async disk(trouble) {
      for (const instance of site.balancer.instances) instance.disk(trouble);
    },
  };
}
