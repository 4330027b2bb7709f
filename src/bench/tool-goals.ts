import { differenceText, pairedDifference } from './differences.js';
import { delays, formatTable, type GoalRow, ms } from './report.js';
import { medianSummary, type Summary } from './statistics.js';
import { isUndisturbed } from './stolen.js';
import type { ToolFigures } from './tool-recorder.js';
import type { ToolLoadResult, ToolsResult, ToolWindow } from './tool-results.js';

const GOALS = {
  overheadMs: 10,
  resultMs: 5,
  /** Within which two windows of one and the same load differ: less is no change. */
  unchangedMs: 1,
  firstSoundMs: 50,
  lookUpMs: 5,
} as const;

/** Share of the calls whose tool must be hanging at any moment: between two of them is a moment without. */
const HANGING_SHARE = 0.8;

/** The goals of tools and look-ups and what was measured against each; all of them say so when nothing was. */
export function toolGoalRows(tools: ToolsResult | undefined): GoalRow[] {
  const named = (name: ToolLoadResult['name']) => tools?.loads.find((load) => load.name === name);
  const regular = named('every 2 s');
  const [plain, hanging, aloud] = [named('no tools'), named('hanging'), named('waiting aloud')];
  const [again, large] = [named('no tools again'), named('large results')];
  const { overheadMs, resultMs, unchangedMs, firstSoundMs, lookUpMs } = GOALS;
  const calls = `${tools?.calls ?? 40} calls`;
  const speed = tools?.machineSpeed;
  const isRight = (load: ToolLoadResult | undefined) => load !== undefined && load.answered > 0 && load.wrong === 0;

  const within = (
    figure: string,
    measured: Summary | undefined,
    limitMs: number,
    more: { control?: Summary | undefined; scaled?: boolean; note?: string; wrong?: string | undefined } = {},
  ): GoalRow => ({
    figure: `${figure}, p50 / p99`,
    goal: `<= ${limitMs} ms`,
    measured: measured
      ? [`${delays(measured)} ms`, more.scaled && atSpeed(measured, speed), more.note, more.wrong]
          .filter(Boolean)
          .join(', ')
      : 'not measured',
    control: more.control ? `${delays(more.control)} ms` : '-',
    met: measured && measured.p99 <= limitMs && more.wrong === undefined,
  });

  const unchanged = (
    figure: string,
    after: ToolLoadResult | undefined,
    before: ToolLoadResult | undefined,
    way: 'callerToModel' | 'modelToCarrier',
    isSound: boolean,
    note: string,
  ): GoalRow => {
    const added = addedBy(after, before, way);
    const byChance = addedBy(again, plain, way);
    return {
      figure: `${figure}, p99, ${calls}`,
      goal: `<= ${unchangedMs} ms more`,
      measured: added ? `${differenceText(added)} over ${added.pairs} pairs${note}` : 'not measured',
      control: byChance ? differenceText(byChance) : '-',
      met: added && isSound && added.medianMs <= unchangedMs,
    };
  };

  const isFull = tools !== undefined && hanging !== undefined && hanging.leastInFlight >= HANGING_SHARE * tools.calls;
  const besideHanging = (figure: string, way: 'callerToModel' | 'modelToCarrier') =>
    unchanged(
      `${figure} with a hanging tool each`,
      hanging,
      plain,
      way,
      isFull,
      `, ${hanging?.leastInFlight} at least`,
    );

  /** Results of 1 MB are read, and cut to what can be spoken, beside the calls' audio. */
  const besideLarge = (figure: string, way: 'callerToModel' | 'modelToCarrier') =>
    unchanged(
      `${figure} with results of 1 MB each`,
      large,
      again,
      way,
      isRight(large),
      large && !isRight(large) ? `, ${large.wrong} of ${large.answered} wrong` : '',
    );

  const wrongAnswers = regular && !isRight(regular) ? `${regular.wrong} of ${regular.answered} wrong` : undefined;
  const inSilence = aloud && aloud.soundsMissing > 0 ? `${aloud.soundsMissing} callers heard none` : undefined;
  const { busy, idle } = tools?.lookUp ?? {};
  return [
    within(`bridge's share of a tool call, ${calls}`, regular?.overhead, overheadMs, {
      control: tools?.control.overhead,
      scaled: true,
      note: countedOf(regular, ({ overhead }) => overhead),
      wrong: wrongAnswers,
    }),
    within(`agent's last byte to model event, ${calls}`, regular?.result, resultMs, {
      control: tools?.control.result,
      scaled: true,
      note: countedOf(regular, ({ result }) => result),
      wrong: wrongAnswers,
    }),
    besideHanging('caller frame to model event', 'callerToModel'),
    besideHanging('model audio to carrier', 'modelToCarrier'),
    besideLarge('caller frame to model event', 'callerToModel'),
    besideLarge('model audio to carrier', 'modelToCarrier'),
    within(`first sound of waiting off its moment, ${calls}`, aloud?.firstSound, firstSoundMs, { wrong: inSilence }),
    within('number look-up alone, database busy', busy?.alone, lookUpMs, { control: idle?.alone }),
    within('voice webhook answer, database busy', busy?.webhook, lookUpMs, { control: idle?.webhook, scaled: true }),
    {
      ...within('the same, number with a limit of calls', busy?.limitedWebhook, lookUpMs, {
        control: idle?.limitedWebhook,
      }),
      goal: 'reported',
      met: undefined,
    },
  ];
}

/** What one load adds to the 99th percentile of the other's windows, which lie beside its own. */
function addedBy(
  after: ToolLoadResult | undefined,
  before: ToolLoadResult | undefined,
  way: 'callerToModel' | 'modelToCarrier',
) {
  const p99s = (load: ToolLoadResult | undefined, isCounted: (window: ToolWindow) => boolean) =>
    load?.windows.map((window) => (isCounted(window) ? window.bridged[way]?.p99 : undefined)) ?? [];
  const undisturbed = pairedDifference(p99s(before, isUndisturbed), p99s(after, isUndisturbed));
  if (undisturbed?.betweenMs) return undisturbed;
  const all = () => true;
  return pairedDifference(p99s(before, all), p99s(after, all));
}

/** Which windows a figure is of, and what all of them come to. */
function countedOf(load: ToolLoadResult | undefined, of: (tools: ToolFigures) => Summary | undefined): string {
  if (!load) return '';
  const { counted, windows, tries } = load;
  const undisturbed = windows.filter(isUndisturbed).length;
  const all = medianSummary(windows.map(({ bridged }) => of(bridged.tools)));
  const told = `${undisturbed} of ${windows.length} windows undisturbed by the hypervisor (${tries} measured)`;
  return counted.length === windows.length || !all ? told : `${told}; all ${delays(all)}`;
}

/** What the 99th percentile would have been on a machine as fast as the one of the goals. */
function atSpeed({ p99 }: Summary, speed: number | undefined): string | undefined {
  return speed === undefined ? undefined : `p99 ${ms(p99 * speed)} at speed 1`;
}

const HEAD = [
  'tools',
  'CPU ms/call-s',
  'answered',
  'wrong',
  'undisturbed',
  'in flight, least',
  'both ways p50/p99',
  'request p50/p99',
  'result p50/p99',
  'caller->model p50/p99',
  'model->carrier p50/p99',
  'first sound off p50/p99',
  'harness late',
  'others',
  'stolen',
  'note',
];

export function formatTools({ loads, control, violations, repeats }: ToolsResult): string {
  const row = (name: string, load: ToolLoadResult) => [
    name,
    ms(load.cpuMsPerCallSecond),
    String(load.answered),
    String(load.wrong),
    `${load.windows.filter(isUndisturbed).length} of ${load.windows.length}`,
    String(load.leastInFlight),
    delays(load.overhead),
    delays(load.request),
    delays(load.result),
    delays(load.callerToModel),
    delays(load.modelToCarrier),
    delays(load.firstSound),
    ms(load.lateMs, 1),
    load.othersCoreShare === undefined ? '-' : `${Math.round(load.othersCoreShare * 100)} %`,
    `${(load.stolenShare * 100).toFixed(1)} %`,
    load.disturbed ? 'disturbed' : '',
  ];
  const table = formatTable(HEAD, [
    ...loads.map((load) => row(load.name, load)),
    row(`${control.name}, control`, control),
  ]);
  const notes = [
    `medians of ${repeats} windows each, in ms; delays of the undisturbed ones where there are three`,
    ...(violations.length > 0 ? [`violations: ${[...new Set(violations)].join(', ')}`] : []),
  ];
  return `${table}\n${notes.join('; ')}`;
}
