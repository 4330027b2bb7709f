import type { BridgeUsage } from './bridge-process.js';
import type { HarnessFigures } from './harness-process.js';
import { measureOnce } from './loads.js';
import { type Bridge, type Harness, startBridge } from './processes.js';
import { delays, type GoalRow, ms } from './report.js';
import type { Summary } from './statistics.js';

export interface AdmissionPlan {
  /** Calls that the bridge takes, all of them live. */
  calls: number;
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

type Delays = Pick<HarnessFigures, 'callerToModel' | 'modelToCarrier'>;

export interface AdmissionResult extends OfferedCalls {
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
const RATES = { inputRateHz: 16_000, outputRateHz: 24_000 };

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A bridge that is full, and three times as many calls again. A disturbed measurement is repeated once. */
export async function measureAdmission(harness: Harness, plan: AdmissionPlan): Promise<AdmissionResult> {
  const { calls, warmUpMs } = plan;
  const bridge = await startBridge(harness, { transport: 'lean', oneCore: false, maxCalls: calls, ...RATES });
  try {
    await harness.child.ask('connectByBridge', { target: bridge.target, calls });
    await wait(warmUpMs);
    const first = await offerOnce(bridge, harness, plan);
    const result = first.disturbed ? await offerOnce(bridge, harness, plan) : first;
    await harness.child.ask('hangUp');
    return result;
  } finally {
    await bridge.child.end();
  }
}

async function offerOnce(bridge: Bridge, harness: Harness, plan: AdmissionPlan): Promise<AdmissionResult> {
  const { calls, measureMs } = plan;
  const { target } = bridge;
  const offered = calls * TIMES_OFFERED;
  const before = await measureOnce(bridge, harness, calls, measureMs);
  const [during, offer] = await Promise.all([
    measureOnce(bridge, harness, calls, measureMs),
    harness.child.ask<OfferedCalls>('offerCalls', { target, count: offered, ms: measureMs }),
  ]);
  const { liveCalls } = await bridge.child.ask<BridgeUsage>('usage');
  return {
    ...offer,
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
    {
      figure: `refusal of a call, p50 / p99, ${offered}`,
      goal: `<= ${DECISION_MS} ms`,
      measured: result
        ? `${delays(result.decision)} ms, ${result.refused} refused, ${result.taken} taken${result.disturbed ? ', disturbed' : ''}`
        : 'not measured',
      control: '-',
      met: result && allRefused && result.decision !== undefined && result.decision.p99 <= DECISION_MS,
    },
    unchanged('caller frame to model event', ({ callerToModel }) => callerToModel),
    unchanged('model audio to carrier', ({ modelToCarrier }) => modelToCarrier),
  ];
}
