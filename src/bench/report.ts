import type { HeardTextError } from './heard-text-error.js';
import type { LoadResult } from './loads.js';
import type { MemoryResult } from './memory.js';
import type { Summary } from './statistics.js';
import type { StoreResult } from './store.js';

/** One line of the last table: a figure of the project's goals. */
export interface GoalRow {
  figure: string;
  goal: string;
  measured: string;
  control: string;
  /** Undefined when it was not measured. */
  met: boolean | undefined;
}

export interface Results {
  loads: readonly LoadResult[];
  store?: StoreResult | undefined;
  memory: MemoryResult | undefined;
  heardText: readonly HeardTextError[] | undefined;
}

const GOALS = {
  cpuMs: 3.5,
  delayMs: 3,
  delayAt200Ms: 10,
  clearMs: 5,
  rssMb: 0.4,
  growthPercent: 10,
  webhookMs: 20,
  pageMs: 50,
} as const;

/** Columns aligned: the first to the left, the others to the right. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

export function ms(value: number | undefined, digits = 2): string {
  return value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits);
}

/** p50 and p99 of a delay. */
export function delays(summary: Summary | undefined): string {
  return summary ? `${ms(summary.p50)} / ${ms(summary.p99)}` : '-';
}

/** With fewer calls the memory of one is lost in that of the process. */
const FEWEST_FOR_RSS = 20;

const LOAD_HEAD = [
  'load',
  'CPU ms/call-s',
  'machine speed',
  'core',
  'caller->model p50/p99',
  'control',
  'model->carrier p50/p99',
  'control',
  'RSS MB/call',
  'loop delay p99',
  'harness late',
  'others',
  'stolen',
  'note',
];

export function formatLoads(loads: readonly LoadResult[]): string {
  return formatTable(
    LOAD_HEAD,
    loads.map((result) => [
      result.load.name,
      ms(result.cpuMsPerCallSecond),
      ms(result.machineSpeed),
      `${Math.round(result.coreShare * 100)} %`,
      delays(result.bridged.callerToModel),
      delays(result.control?.callerToModel),
      delays(result.bridged.modelToCarrier),
      delays(result.control?.modelToCarrier),
      result.load.calls < FEWEST_FOR_RSS ? '-' : ms(result.rssPerCallMb),
      ms(result.loopDelay.p99, 1),
      ms(result.bridged.lateness.max, 1),
      `${Math.round(result.othersCoreShare * 100)} %`,
      `${(result.stolenShare * 100).toFixed(1)} %`,
      noteOf(result),
    ]),
  );
}

function noteOf({ disturbed, streams }: LoadResult): string {
  const notes = [
    ...(disturbed ? ['disturbed'] : []),
    ...(streams.violations.length > 0 ? [`violations: ${[...new Set(streams.violations)].join(', ')}`] : []),
    ...(streams.endedWell < streams.opened ? [`${streams.opened - streams.endedWell} streams not ended well`] : []),
  ];
  return notes.join('; ');
}

/** The goals and what was measured against each; a figure that was not measured says so. */
export function goalRows({ loads, store, memory, heardText }: Results): GoalRow[] {
  const named = (name: string) => loads.find(({ load }) => load.name === name);
  const at80 = named('80');
  const at200 = named('200');
  const cut = named('40')?.interruptions;
  const hooks = at80?.webhooks;
  const worst = (result: LoadResult | undefined, of: 'bridged' | 'control') =>
    most(result?.[of]?.callerToModel?.p99, result?.[of]?.modelToCarrier?.p99);
  const row = (
    figure: string,
    goal: string,
    measured: number | undefined,
    limit: number,
    unit: string,
    control = '-',
  ): GoalRow => ({
    figure,
    goal,
    measured: measured === undefined ? 'not measured' : `${ms(measured)}${unit}`,
    control,
    met: measured === undefined ? undefined : measured <= limit,
  });
  const under = (limit: number, unit = ' ms') => `<= ${limit}${unit}`;
  const controlMs = (value: number | undefined) => (value === undefined ? '-' : `${ms(value)} ms`);
  const { cpuMs, delayMs, delayAt200Ms, clearMs, rssMb, growthPercent, webhookMs, pageMs } = GOALS;
  const slowestPage = store && Math.max(...store.pages.map(({ took }) => took?.p99 ?? Number.NaN));
  return [
    row(
      `slowest list page, p99, ${store?.callCount ?? 'many'} calls on record`,
      under(pageMs),
      slowestPage,
      pageMs,
      ' ms',
    ),
    row('CPU per call-second, 80 calls', under(cpuMs), at80?.cpuMsPerCallSecond, cpuMs, cpuUnit(at80)),
    row(
      'caller frame to model event, p99, 80 calls',
      under(delayMs),
      at80?.bridged.callerToModel?.p99,
      delayMs,
      ' ms',
      controlMs(at80?.control?.callerToModel?.p99),
    ),
    row(
      'model audio to carrier, p99, 80 calls',
      under(delayMs),
      at80?.bridged.modelToCarrier?.p99,
      delayMs,
      ' ms',
      controlMs(at80?.control?.modelToCarrier?.p99),
    ),
    row('CPU per call-second, 200 calls on one core', under(cpuMs), at200?.cpuMsPerCallSecond, cpuMs, cpuUnit(at200)),
    row(
      'either way, p99, 200 calls on one core',
      under(delayAt200Ms),
      worst(at200, 'bridged'),
      delayAt200Ms,
      ' ms',
      controlMs(worst(at200, 'control')),
    ),
    row(
      'interruption to clear, p99, 40 calls',
      under(clearMs),
      cut?.bridged.interruptionToClear?.p99,
      clearMs,
      ' ms',
      controlMs(cut?.control?.interruptionToClear?.p99),
    ),
    clearsRow(cut?.bridged.clearsPerInterruption),
    row('memory per call, 80 calls', under(rssMb, ' MB'), at80?.rssPerCallMb, rssMb, ' MB'),
    memoryRow(memory, growthPercent),
    leftRow(memory),
    row('webhook answer idle, p99', under(webhookMs), hooks?.idle?.p99, webhookMs, ' ms'),
    row('webhook answer with 80 calls live, p99', under(webhookMs), hooks?.underLoad?.p99, webhookMs, ' ms'),
    ...(heardText ?? []).flatMap(heardTextRows),
  ];
}

/** The raw figure is judged; beside it stands what it would have been on a machine as fast as the one of the goals. */
function cpuUnit(result: LoadResult | undefined): string {
  return result ? ` ms (${ms(result.cpuMsPerCallSecond * result.machineSpeed)} at speed 1)` : ' ms';
}

function heardTextRows({ speed, cuts, overCredited, overMost, underMean, underMost }: HeardTextError): GoalRow[] {
  const source = `audio at ${speed}x`;
  return [
    {
      figure: `heard text, ${source}: cuts with a word too many`,
      goal: '0',
      measured: `${overCredited} of ${cuts} (at most ${overMost})`,
      control: '-',
      met: overCredited === 0,
    },
    {
      figure: `heard text, ${source}: words too few, mean / most`,
      goal: 'reported',
      measured: `${ms(underMean)} / ${underMost}`,
      control: '-',
      met: undefined,
    },
  ];
}

function clearsRow(clears: { least: number; most: number; count: number } | undefined): GoalRow {
  return {
    figure: 'clears per interruption',
    goal: 'exactly 1',
    measured: clears ? `${clears.least} to ${clears.most} (${clears.count} interruptions)` : 'not measured',
    control: '-',
    met: clears && clears.least === 1 && clears.most === 1,
  };
}

function memoryRow(memory: MemoryResult | undefined, limitPercent: number): GoalRow {
  const [first, last] = [memory?.rounds.at(-2), memory?.rounds.at(-1)];
  const both = (round: NonNullable<typeof first>) => `${ms(round.heapMb, 1)} + ${ms(round.externalMb, 1)}`;
  return {
    figure: `heap + external after ${last?.calls ?? 2000} calls against ${first?.calls ?? 1000}`,
    goal: `within ${limitPercent} %`,
    measured:
      memory && first && last
        ? `${ms(memory.growthPercent, 1)} % (${both(first)} -> ${both(last)} MB)`
        : 'not measured',
    control: '-',
    met: memory && memory.growthPercent <= limitPercent,
  };
}

function leftRow(memory: MemoryResult | undefined): GoalRow {
  return {
    figure: 'calls, sockets, streams left open',
    goal: '0, 0, 0',
    measured: memory ? `${memory.liveCallsLeft}, ${memory.socketsLeft}, ${memory.streamsLeft}` : 'not measured',
    control: '-',
    met: memory && memory.liveCallsLeft + memory.socketsLeft + memory.streamsLeft === 0,
  };
}

export function formatGoals(rows: readonly GoalRow[]): string {
  const verdict = (met: boolean | undefined) => (met === undefined ? '' : met ? 'met' : 'FALLS SHORT');
  return formatTable(
    ['figure', 'goal', 'measured', 'control', ''],
    rows.map(({ figure, goal, measured, control, met }) => [figure, goal, measured, control, verdict(met)]),
  );
}

function most(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.max(a, b);
}
