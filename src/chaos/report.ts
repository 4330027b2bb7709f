import { formatTable } from '../bench/report.js';
import { percentile } from '../bench/statistics.js';
import { STALLED_MS } from '../call/progress.js';
import { OPENING_LIMIT_MS } from '../call/voice-line.js';
import { commandOf, type RunSize } from './command.js';
import type { CallFault, Part } from './faults.js';
import type { Violation } from './judge.js';
import { RENEWAL_STATES } from './plan.js';
import type { CallResult } from './round.js';
import type { Growth, RunResult } from './run.js';

/** One figure of a run against its goal. */
export interface Figure {
  readonly figure: string;
  readonly goal: string;
  readonly measured: string;
  /** Undefined: nothing was measured, or nobody set a goal. */
  readonly met: boolean | undefined;
  /** The part of a run that gives it; undefined: all of them together. */
  readonly part?: Part | undefined;
}

/** From a stream's loss to the agent's next word; what has to be waited for until a loss is known comes on top. */
const AUDIBLE_GOAL_MS = 1000;
/** Faults that are only known by waiting: for a word that does not come, for an answer to a request. */
const KNOWN_AFTER_MS: Partial<Record<CallFault, number>> = { stall: STALLED_MS, 'opening-hang': OPENING_LIMIT_MS };
const RECONNECT_GOAL_MS = 1500;
/** Memory is flat when it grows by no more than this share from the first idle moment to the last. */
const GROWTH_GOAL = 0.1;
const SOCKETS_GOAL = 4;

const NOT_MEASURED = 'not measured';

/** The figures that a run is made for. */
export function figuresOf(run: RunResult): Figure[] {
  const { rounds } = run;
  const all = Object.values(rounds).flat();
  const renewal = rounds.renewal ?? [];
  const replaced = [...(rounds['kill-9'] ?? []), ...(rounds['rolling-restart'] ?? [])];
  const reconnections = replaced.flatMap((call) => call.reconnections);
  return [
    none('calls lost', all, ['lost']),
    { figure: 'calls not taken for load, and made again', goal: '-', measured: `${run.refused}`, met: undefined },
    {
      figure: 'callers and models kept from running over 0.4 s (the run says little then)',
      goal: '-',
      measured: `${run.stalls.count} times, ${Math.round(run.stalls.longestMs)} ms at most`,
      met: undefined,
    },
    none('questions not answered, or only when asked again', all, ['not answered']),
    none('words answered twice', all, ['answered twice', 'asked twice']),
    none('words credited that were not heard', all, ['credited unheard']),
    none('silences over 4 s', all, ['silence']),
    none('turns missing on record, or there twice', all, ['missing on record', 'twice on record']),
    uncommittedFigure(all),
    none('rules of carrier and model broken', all, ['carrier warned', 'model rule broken']),
    none('recordings not kept', all, ['recording']),
    ...recoveryFigures(rounds.faults ?? []),
    ...(['kill-9', 'kill-9-in-drain', 'kill-9-in-renewal'] as const).map((part) => killedFigure(part, run)),
    within(
      'reconnect request to media on another instance, p95',
      reconnections.map(({ mediaMs }) => mediaMs),
      RECONNECT_GOAL_MS,
    ),
    within(
      'reconnect request to another model stream that takes the caller\u2019s audio, p95',
      reconnections.flatMap(({ modelMs }) => modelMs ?? []),
      RECONNECT_GOAL_MS,
    ),
    none('calls lost while an instance stands still', rounds['stand-still'] ?? [], ['lost'], 'stand-still'),
    none('calls dropped by rolling restarts', rounds['rolling-restart'] ?? [], ['lost'], 'rolling-restart'),
    ...RENEWAL_STATES.map((state) => renewalFigure(state, renewal)),
    ...gapFigures(renewal),
    {
      figure: 'model streams and sessions left open',
      goal: '0, 0',
      measured: `${run.left.streams}, ${run.left.sessions}`,
      met: run.left.streams + run.left.sessions === 0,
    },
    ...MEASURED_PARTS.flatMap(([part, words]) => growthFigures(part, words, run.memory[part])),
  ];
}

function none(figure: string, calls: readonly CallResult[], rules: readonly Violation['rule'][], part?: Part): Figure {
  const count = calls.flatMap(({ violations }) => violations).filter(({ rule }) => rules.includes(rule)).length;
  const isMeasured = calls.length > 0;
  return {
    ...{ figure, goal: '0', part },
    measured: isMeasured ? `${count} in ${calls.length} calls` : NOT_MEASURED,
    met: isMeasured ? count === 0 : undefined,
  };
}

/** More than one of a call is missing on record. */
function uncommittedFigure(calls: readonly CallResult[]): Figure {
  const count = calls.reduce((sum, { uncommitted }) => sum + uncommitted, 0);
  return {
    figure: 'last turns that kill -9 kept from the record, at most one of a call',
    goal: '-',
    measured: calls.length === 0 ? NOT_MEASURED : `${count} in ${calls.length} calls`,
    met: undefined,
  };
}

function recoveryFigures(calls: readonly CallResult[]): Figure[] {
  const recoveries = calls.flatMap((call) => call.recoveries);
  const silentOf = (isOne: (fault: CallFault) => boolean) =>
    recoveries.filter(({ fault }) => isOne(fault)).map(({ silentMs }) => silentMs);
  const figure = 'stream lost to the agent\u2019s next word, model apart, p95';
  const late = (fault: CallFault, what: string) =>
    within(
      `the same for ${what}`,
      silentOf((each) => each === fault),
      KNOWN_AFTER_MS[fault]! + AUDIBLE_GOAL_MS,
      'faults',
    );
  return [
    within(
      figure,
      silentOf((fault) => KNOWN_AFTER_MS[fault] === undefined),
      AUDIBLE_GOAL_MS,
      'faults',
    ),
    late('stall', `a stream that falls silent (known after ${STALLED_MS} ms)`),
    late('opening-hang', `one whose successor does not open (known after ${OPENING_LIMIT_MS} ms)`),
  ];
}

function killedFigure(part: Part, { killed }: RunResult): Figure {
  const when: Partial<Record<Part, string>> = {
    'kill-9-in-drain': ' while it handed calls over',
    'kill-9-in-renewal': ' while streams were renewed',
  };
  const of = killed[part];
  return {
    figure: `calls alive after kill -9 of the one of two that carried them${when[part] ?? ''}`,
    goal: '100 %',
    measured: of ? `${of.alive} of ${of.carried}` : NOT_MEASURED,
    met: of && of.alive === of.carried && of.carried > 0,
    part,
  };
}

function within(figure: string, values: readonly number[], goalMs: number | undefined, part?: Part): Figure {
  const p95 = percentile(values, 0.95);
  return {
    ...{ figure, part },
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
    part: 'renewal',
  };
}

function gapFigures(renewal: readonly CallResult[]): Figure[] {
  const gaps = renewal.flatMap(({ gapsMs }) => gapsMs);
  const stalled = renewal.flatMap(({ stalledGapsMs }) => stalledGapsMs);
  const cuts = renewal.flatMap(({ cutMs }) => cutMs ?? []);
  const isMeasured = renewal.length > 0;
  return [
    {
      figure: "gaps over 40 ms in the agent's speech at renewals",
      goal: '0',
      measured: isMeasured ? `${gaps.length}` : NOT_MEASURED,
      met: isMeasured ? gaps.length === 0 : undefined,
      part: 'renewal',
    },
    {
      figure: 'the same while a process was given no processor',
      goal: '-',
      measured: isMeasured ? `${stalled.length}` : NOT_MEASURED,
      met: undefined,
      part: 'renewal',
    },
    // Such an answer is cut, and said to its end by the next stream: the one gap that a renewal makes.
    within('gap in an answer that is longer than its stream lives, p95', cuts, AUDIBLE_GOAL_MS, 'renewal'),
  ];
}

/** Parts in which bridges live on, or others take their places, with nothing to hold before and after. */
const MEASURED_PARTS: readonly (readonly [Part, string])[] = [
  ['faults', 'faults'],
  ['kill-9', 'kill -9, of the one that is left'],
  ['rolling-restart', 'rolling restarts, both before and both after'],
  ['renewal', 'renewals'],
];

function growthFigures(part: Part, words: string, growth: Growth | undefined): Figure[] {
  const heap = growth && growth.after.heapUsed / growth.before.heapUsed - 1;
  const sockets = growth && growth.after.sockets - growth.before.sockets;
  return [
    {
      figure: `growth of the heap, idle to idle: ${words}`,
      goal: `${GROWTH_GOAL * 100} %`,
      measured: heap === undefined ? NOT_MEASURED : `${(heap * 100).toFixed(1)} %`,
      met: growth && growth.after.heapUsed <= growth.before.heapUsed * (1 + GROWTH_GOAL),
      part,
    },
    {
      figure: `sockets more than before, idle to idle: ${words}`,
      goal: `${SOCKETS_GOAL}`,
      measured: sockets === undefined ? NOT_MEASURED : `${sockets}`,
      met: sockets === undefined ? undefined : sockets <= SOCKETS_GOAL,
      part,
    },
  ];
}

/** Beside each figure the command that measures it again. */
export function formatFigures(figures: readonly Figure[], size: RunSize): string {
  const verdict = (met: boolean | undefined) => (met === undefined ? '' : met ? 'met' : 'FALLS SHORT');
  return formatTable(
    ['figure', 'goal', 'measured', '', 'command'],
    figures.map(({ figure, goal, measured, met, part }) => [
      ...[figure, goal, measured, verdict(met)],
      commandOf(size, part),
    ]),
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
