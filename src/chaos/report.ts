import { formatTable } from '../bench/report.js';
import { percentile } from '../bench/statistics.js';
import type { Violation } from './judge.js';
import { RENEWAL_STATES } from './plan.js';
import type { CallResult } from './round.js';
import type { RunResult } from './run.js';

/** One figure of a run against its goal. */
export interface Figure {
  readonly figure: string;
  readonly goal: string;
  readonly measured: string;
  /** Undefined: nothing was measured. */
  readonly met: boolean | undefined;
}

const AUDIBLE_GOAL_MS = 1000;
const RECONNECT_GOAL_MS = 1500;
/** Memory is flat when it grows by no more than this share from the first idle moment to the last. */
const GROWTH_GOAL = 0.1;
const SOCKETS_GOAL = 4;

const NOT_MEASURED = 'not measured';

/** The figures that a run is made for. */
export function figuresOf(run: RunResult): Figure[] {
  const { faults = [], renewal = [] } = run.rounds;
  const killed = run.rounds['kill-9'] ?? [];
  const rolling = run.rounds['rolling-restart'] ?? [];
  const all = [...faults, ...killed, ...rolling, ...renewal];
  const recoveries = faults.flatMap((call) => call.recoveries);
  const silent = (isStall: boolean) =>
    recoveries.filter(({ fault }) => (fault === 'stall') === isStall).map(({ silentMs }) => silentMs);
  const reconnections = [...killed, ...rolling].flatMap((call) => call.reconnectionsMs);
  const count = (calls: readonly CallResult[], ...rules: Violation['rule'][]) =>
    calls.flatMap(({ violations }) => violations).filter(({ rule }) => rules.includes(rule)).length;
  const none = (figure: string, calls: readonly CallResult[], ...rules: Violation['rule'][]): Figure => ({
    figure,
    goal: '0',
    measured: calls.length === 0 ? NOT_MEASURED : `${count(calls, ...rules)} in ${calls.length} calls`,
    met: calls.length === 0 ? undefined : count(calls, ...rules) === 0,
  });
  return [
    none('calls lost', all, 'lost'),
    { figure: 'calls not taken for load, and made again', goal: '-', measured: `${run.refused}`, met: undefined },
    {
      figure: 'callers and models kept from running over 0.4 s (the run says little then)',
      goal: '-',
      measured: `${run.stalls.count} times, ${Math.round(run.stalls.longestMs)} ms at most`,
      met: undefined,
    },
    none('questions not answered, or only when asked again', all, 'not answered'),
    none('words answered twice', all, 'answered twice', 'asked twice'),
    none('words credited that were not heard', all, 'credited unheard'),
    none('silences over 4 s', all, 'silence'),
    none('turns missing on record, or there twice', all, 'missing on record', 'twice on record'),
    none('rules of carrier and model broken', all, 'carrier warned', 'model rule broken'),
    none('recordings not kept', all, 'recording'),
    within('stream lost to agent audible, model apart, p95', silent(false), AUDIBLE_GOAL_MS),
    within('the same for a stream that falls silent', silent(true), undefined),
    {
      figure: 'calls alive after kill -9 of the one of two that carried them',
      goal: '100 %',
      measured: run.killed ? `${run.killed.alive} of ${run.killed.carried}` : NOT_MEASURED,
      met: run.killed && run.killed.alive === run.killed.carried && run.killed.carried > 0,
    },
    within('reconnect request to media on another instance, p95', reconnections, RECONNECT_GOAL_MS),
    none('calls dropped by rolling restarts', rolling, 'lost'),
    ...RENEWAL_STATES.map((state) => renewalFigure(state, renewal)),
    ...gapFigures(renewal),
    ...leftFigures(run),
  ];
}

function within(figure: string, values: readonly number[], goalMs: number | undefined): Figure {
  const p95 = percentile(values, 0.95);
  return {
    figure,
    goal: goalMs === undefined ? '-' : `${goalMs} ms`,
    measured: values.length === 0 ? NOT_MEASURED : `${Math.round(p95)} ms (${values.length})`,
    met: values.length === 0 || goalMs === undefined ? undefined : p95 <= goalMs,
  };
}

function renewalFigure(state: string, renewal: readonly CallResult[]): Figure {
  const calls = renewal.filter(({ plan }) => plan.kind === state);
  const changes = calls.flatMap((call) => call.changes);
  const lost = changes.reduce((sum, change) => sum + change.lost, 0);
  const repeated = changes.reduce((sum, change) => sum + change.repeated, 0);
  return {
    figure: `caller audio at a renewal, ${state}: samples lost / repeated`,
    goal: '0 / 0',
    measured: changes.length === 0 ? 'no renewal' : `${lost} / ${repeated} (${changes.length} renewals)`,
    met: calls.length === 0 ? undefined : changes.length > 0 && lost + repeated === 0,
  };
}

function gapFigures(renewal: readonly CallResult[]): Figure[] {
  const gaps = renewal.flatMap(({ gapsMs }) => gapsMs);
  const stalled = renewal.flatMap(({ stalledGapsMs }) => stalledGapsMs);
  const isMeasured = renewal.length > 0;
  return [
    {
      figure: "gaps over 40 ms in the agent's speech at renewals",
      goal: '0',
      measured: isMeasured ? `${gaps.length}` : NOT_MEASURED,
      met: isMeasured ? gaps.length === 0 : undefined,
    },
    {
      figure: 'the same while a process was given no processor',
      goal: '-',
      measured: isMeasured ? `${stalled.length}` : NOT_MEASURED,
      met: undefined,
    },
  ];
}

function leftFigures({ memory, left }: RunResult): Figure[] {
  const growth = memory && memory.after.heapUsed / memory.before.heapUsed - 1;
  const sockets = memory && memory.after.sockets - memory.before.sockets;
  return [
    {
      figure: 'model streams and sessions left open',
      goal: '0, 0',
      measured: `${left.streams}, ${left.sessions}`,
      met: left.streams + left.sessions === 0,
    },
    {
      figure: 'growth of the heap, idle to idle',
      goal: `${GROWTH_GOAL * 100} %`,
      measured: growth === undefined ? NOT_MEASURED : `${(growth * 100).toFixed(1)} %`,
      met: growth === undefined ? undefined : growth <= GROWTH_GOAL,
    },
    {
      figure: 'sockets more than before, idle to idle',
      goal: `${SOCKETS_GOAL}`,
      measured: sockets === undefined ? NOT_MEASURED : `${sockets}`,
      met: sockets === undefined ? undefined : sockets <= SOCKETS_GOAL,
    },
  ];
}

export function formatFigures(figures: readonly Figure[]): string {
  const verdict = (met: boolean | undefined) => (met === undefined ? '' : met ? 'met' : 'FALLS SHORT');
  return formatTable(
    ['figure', 'goal', 'measured', ''],
    figures.map(({ figure, goal, measured, met }) => [figure, goal, measured, verdict(met)]),
  );
}

/** Every call in which a promise was broken, in words, with what to look at. */
export function formatViolations(round: string, calls: readonly CallResult[]): string {
  return calls
    .filter(({ violations }) => violations.length > 0)
    .sort((a, b) => a.plan.index - b.plan.index)
    .map(({ plan, callSid, violations }) => {
      const faults = plan.faults.map(({ name, atMs }) => `${name} at ${atMs} ms`).join(', ') || 'no fault';
      const lines = violations.map(({ rule, words }) => `    ${rule}: ${words}`);
      return [`${round}, call ${plan.index} (${plan.kind}; ${faults}; ${callSid})`, ...lines].join('\n');
    })
    .join('\n');
}
