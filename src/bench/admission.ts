import type { BridgeUsage } from './bridge-process.js';
import type { HarnessFigures } from './harness-process.js';
import { measureOnce } from './loads.js';
import { AUTHORIZATION, type Bridge, type Harness, startBridge } from './processes.js';
import { delays, type GoalRow, ms } from './report.js';
import type { Summary } from './statistics.js';

export interface AdmissionPlan {
  /** Calls that the bridge takes by its configuration, all of them live. */
  calls: number;
  /** Calls that are made at most to find out how many a bridge without such a limit takes. */
  mostCalls: number;
  warmUpMs: number;
  measureMs: number;
}

/** What became of calls that came while there was no room. */
export interface OfferedCalls {
  /** From the webhook to its answer, in ms. */
  decision: Summary | undefined;
  taken: number;
  refused: number;
}

/** How far a bridge without a limit was filled. */
export interface FilledUp {
  taken: number;
  isRefused: boolean;
}

type Delays = Pick<HarnessFigures, 'callerToModel' | 'modelToCarrier'>;

export interface AdmissionResult extends OfferedCalls {
  /** What was full. */
  full: 'max-calls' | 'event-loop';
  /** Calls that were not taken, by the reason that the bridge counts. */
  reasons: Readonly<Record<string, number>>;
  /** Calls that were taken, and stay. */
  calls: number;
  offered: number;
  /** Of the live calls, before the others came and while they came. */
  before: Delays;
  during: Delays;
  /** Calls that are still live after that. */
  live: number;
  disturbed: boolean;
}

/** So many times more calls come than there is room for. */
const TIMES_OFFERED = 3;
/** Between two calls while a bridge is filled, in ms: it looks at its loop once a second. */
const APART_MS = 200;
const RATES = { inputRateHz: 16_000, outputRateHz: 24_000 };

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A bridge that is full by its configuration, and three times as many calls again. */
export async function measureAdmission(harness: Harness, plan: AdmissionPlan): Promise<AdmissionResult> {
  const { calls } = plan;
  const bridge = await startBridge(harness, { transport: 'lean', oneCore: false, maxCalls: calls, ...RATES });
  try {
    await harness.child.ask('connectByBridge', { target: bridge.target, calls });
    return await offer(bridge, harness, { ...plan, full: 'max-calls' });
  } finally {
    await bridge.child.end();
  }
}

/**
 * A bridge without a limit: calls come and stay until it refuses one for what it has measured of its event loop; then three
 * times as many again. The model is reached by the SDK's own stream, which costs more of the loop: the calls that this machine
 * can make fill it. Undefined: it took them all.
 */
export async function measureHeadRoom(harness: Harness, plan: AdmissionPlan): Promise<AdmissionResult | undefined> {
  const bridge = await startBridge(harness, { transport: 'standard', oneCore: false, isLoopMeasured: true, ...RATES });
  try {
    const { target } = bridge;
    const filling = { target, most: plan.mostCalls, everyMs: APART_MS };
    const { taken, isRefused } = await harness.child.ask<FilledUp>('fillUp', filling);
    if (isRefused) return await offer(bridge, harness, { ...plan, calls: taken, full: 'event-loop' });
    await harness.child.ask('hangUp');
    return undefined;
  } finally {
    await bridge.child.end();
  }
}

type OfferPlan = AdmissionPlan & Pick<AdmissionResult, 'full'>;

/** A disturbed measurement is repeated once. */
async function offer(bridge: Bridge, harness: Harness, plan: OfferPlan): Promise<AdmissionResult> {
  await wait(plan.warmUpMs);
  const first = await offerOnce(bridge, harness, plan);
  const result = first.disturbed ? await offerOnce(bridge, harness, plan) : first;
  await harness.child.ask('hangUp');
  return result;
}

async function offerOnce(bridge: Bridge, harness: Harness, plan: OfferPlan): Promise<AdmissionResult> {
  const { calls, measureMs, full } = plan;
  const { target } = bridge;
  const offered = calls * TIMES_OFFERED;
  const before = await measureOnce(bridge, harness, calls, measureMs);
  const [during, answers] = await Promise.all([
    measureOnce(bridge, harness, calls, measureMs),
    harness.child.ask<OfferedCalls>('offerCalls', { target, count: offered, ms: measureMs }),
  ]);
  const { liveCalls } = await bridge.child.ask<BridgeUsage>('usage');
  return {
    ...answers,
    full,
    reasons: refusalsIn(await metricsOf(target)),
    calls,
    offered,
    before: before.bridged,
    during: during.bridged,
    live: liveCalls,
    disturbed: before.disturbed || during.disturbed,
  };
}

const DECISION_MS = 20;
const TIMES_SLOWER = 2;
/** Two windows of one and the same load differ by this much, in ms: less is no change. */
const UNCHANGED_MS = 1;

/** The goals of a bridge that is full, and what was measured against each. */
export function admissionGoalRows(result: AdmissionResult | undefined): GoalRow[] {
  const offered = `${result?.offered ?? 'three times as many'} calls offered to ${result?.calls ?? 'as many as fit'}`;
  const allRefused = result !== undefined && result.taken === 0 && result.refused === result.offered;
  return [refusalRow(offered, result, allRefused), ...unchangedRows(offered, result)];
}

/** The same of a bridge whose event loop is full. Of its measurements some may leave room for a call now and then. */
export function headRoomGoalRows(result: AdmissionResult | undefined): GoalRow[] {
  const offered = `${result?.offered ?? 'three times as many'} calls offered to a loop that ${result?.calls ?? 'many'} fill`;
  const byLoop = result?.reasons['event-loop'] ?? 0;
  const reasons = Object.entries(result?.reasons ?? {}).map(([reason, count]) => `${count} for ${reason}`);
  return [
    {
      figure: 'calls taken by a bridge without MAX_CALLS until its event loop is full',
      goal: 'some, then none',
      measured: result ? `${result.calls}, then refused: ${reasons.join(', ')}` : 'not measured',
      control: '-',
      met: result && result.calls > 0 && byLoop > 0 && reasons.length === 1,
    },
    refusalRow(offered, result, result !== undefined && result.refused > result.taken),
    ...unchangedRows(offered, result),
  ];
}

function refusalRow(offered: string, result: AdmissionResult | undefined, isRefused: boolean): GoalRow {
  return {
    figure: `refusal of a call, p50 / p99, ${offered}`,
    goal: `<= ${DECISION_MS} ms`,
    measured: result
      ? `${delays(result.decision)} ms, ${result.refused} refused, ${result.taken} taken${result.disturbed ? ', disturbed' : ''}`
      : 'not measured',
    control: '-',
    met: result && isRefused && result.decision !== undefined && result.decision.p99 <= DECISION_MS,
  };
}

/** What live calls feel of those that are refused. */
function unchangedRows(offered: string, result: AdmissionResult | undefined): GoalRow[] {
  const unchanged = (figure: string, of: (delaysOf: Delays) => Summary | undefined): GoalRow => {
    const [before, during] = [result && of(result.before), result && of(result.during)];
    const limitMs = before && Math.max(before.p99 * TIMES_SLOWER, before.p99 + UNCHANGED_MS);
    return {
      figure: `${figure} of live calls, p99, ${offered}`,
      goal: `within ${TIMES_SLOWER}x`,
      measured:
        result && before && during
          ? `${ms(during.p99)} ms, before ${ms(before.p99)} ms, ${result.live} live`
          : 'not measured',
      control: '-',
      met:
        result && during && limitMs !== undefined ? during.p99 <= limitMs && result.live === result.calls : undefined,
    };
  };
  return [
    unchanged('caller frame to model event', ({ callerToModel }) => callerToModel),
    unchanged('model audio to carrier', ({ modelToCarrier }) => modelToCarrier),
  ];
}

/** Calls that a bridge has refused so far, by reason, as its metrics tell. */
export function refusalsIn(metrics: string): Record<string, number> {
  const counted = metrics.matchAll(/^oratio_calls_refused_total\{reason="([^"]+)"\} (\d+)$/gm);
  return Object.fromEntries(
    [...counted].map(([, reason, count]) => [reason!, Number(count)] as const).filter(([, count]) => count > 0),
  );
}

async function metricsOf({ port }: Bridge['target']): Promise<string> {
  const headers = { Authorization: AUTHORIZATION, Connection: 'close' };
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers });
  return response.text();
}
