import type { CreatorResult, CreatorWindow } from './creator.js';
import { formatTable, type GoalRow, ms } from './report.js';
import { median, type Summary } from './statistics.js';

/** Two windows of one and the same load differ by this much, in ms: less is no change. */
const UNCHANGED_MS = 1;
const JOB_LIMIT_MS = 20_000;
const GATES_LIMIT_MS = 50;

type Direction = 'callerToModel' | 'modelToCarrier';
type Rank = 'p50' | 'p99';

/** Of the windows, the middle one. */
function middle(windows: readonly CreatorWindow[], of: (window: CreatorWindow) => number | undefined): number {
  return median(windows.map((window) => of(window) ?? Number.NaN));
}

function delay(windows: readonly CreatorWindow[], direction: Direction, rank: Rank): number {
  return middle(windows, ({ figures }) => (figures[direction] as Summary | undefined)?.[rank]);
}

function grown(windows: CreatorResult['control'], direction: Direction, rank: Rank): number {
  return delay(windows.during, direction, rank) - delay(windows.without, direction, rank);
}

export function formatCreator(result: CreatorResult): string {
  const { calls, jobs, control, firstLoopDelay, gates } = result;
  const row = (name: string, windows: CreatorResult['control'], side: 'without' | 'during') => [
    name,
    ...(['callerToModel', 'modelToCarrier'] as const).map((direction) =>
      (['p50', 'p99'] as const).map((rank) => ms(delay(windows[side], direction, rank))).join(' / '),
    ),
    ms(
      middle(windows[side], ({ loopDelay }) => loopDelay.p99),
      1,
    ),
    ms(Math.max(...windows[side].map(({ loopDelay }) => loopDelay.max)), 1),
    ms(Math.max(...windows[side].map(({ figures }) => figures.lateness.max)), 1),
  ];
  const head = [
    `${calls} calls`,
    'caller->model p50/p99',
    'model->carrier p50/p99',
    'loop delay p99',
    'max',
    'harness late',
  ];
  const table = formatTable(head, [
    row('no jobs', result, 'without'),
    row(`${jobs} jobs at once`, result, 'during'),
    row('no jobs, calls beside the bridge', control, 'without'),
    row(`${jobs} jobs, calls beside the bridge`, control, 'during'),
  ]);
  const seconds = (value: number) => `${(value / 1000).toFixed(1)} s`;
  return (
    `${table}\n\none job ${seconds(result.oneJobMs)} (the very first ${seconds(result.firstJobMs)}, loop delay up to ` +
    `${ms(firstLoopDelay.max, 1)} ms), ${jobs} jobs ${seconds(result.allJobsMs)}, beside ${calls} calls\n` +
    `gates of one program, over ${gates.programs}: p50 ${ms(gates.p50Ms, 1)} ms, at most ${ms(gates.maxMs, 1)} ms ` +
    `(the very first ${ms(gates.firstMs, 1)} ms)`
  );
}

/** What agents that are made add to the delay of live calls, beyond what two busy cores add to calls without the bridge. */
export function creatorGoalRows(result: CreatorResult | undefined): GoalRow[] {
  const beside = `${result?.jobs ?? 'ten'} creator jobs at once, ${result?.calls ?? 'live'} calls`;
  const added = (name: string, direction: Direction, rank: Rank): GoalRow => {
    const more = result && grown(result, direction, rank);
    const unavoidable = result && grown(result.control, direction, rank);
    return {
      figure: `${name}, ${rank}, ${beside}`,
      goal: `<= ${UNCHANGED_MS} ms more`,
      measured: more === undefined ? 'not measured' : `${signed(more)} ms`,
      control: unavoidable === undefined ? '-' : `${signed(unavoidable)} ms`,
      met:
        more === undefined || unavoidable === undefined ? undefined : more <= UNCHANGED_MS + Math.max(0, unavoidable),
    };
  };
  return [
    added('caller frame to model event', 'callerToModel', 'p50'),
    added('caller frame to model event', 'callerToModel', 'p99'),
    added('model audio to carrier', 'modelToCarrier', 'p50'),
    added('model audio to carrier', 'modelToCarrier', 'p99'),
    {
      figure: `one creator job, ${result?.calls ?? 'live'} calls`,
      goal: `<= ${JOB_LIMIT_MS / 1000} s`,
      measured: result ? `${(result.oneJobMs / 1000).toFixed(1)} s` : 'not measured',
      control: result ? `all ten ${(result.allJobsMs / 1000).toFixed(1)} s` : '-',
      met: result && result.oneJobMs <= JOB_LIMIT_MS,
    },
    {
      figure: `gates of one program, at most, over ${result?.gates.programs ?? 'all'} programs`,
      goal: `<= ${GATES_LIMIT_MS} ms`,
      measured: result ? `${ms(result.gates.maxMs, 1)} ms` : 'not measured',
      control: result ? `p50 ${ms(result.gates.p50Ms, 1)} ms` : '-',
      met: result && result.gates.maxMs <= GATES_LIMIT_MS,
    },
  ];
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : ''}${value.toFixed(2)}`;
}
