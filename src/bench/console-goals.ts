import type { ConsoleCost, SoundBeside } from './console.js';
import type { ConsolePage } from './console-page.js';
import { delays, formatTable, type GoalRow, ms } from './report.js';
import type { Summary } from './statistics.js';

export interface ConsoleResult {
  cost: ConsoleCost;
  page: ConsolePage;
}

const GOALS = { sharePercent: 10, wordsMs: 200, firstLoadKb: 300, usableMs: 1000 } as const;
/** Two windows of one and the same load differ by this much, in ms: less is no change. */
const UNCHANGED_MS = 1;

export function formatConsole({ cost, page }: ConsoleResult): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const of = `${cost.calls} calls, ${cost.eventsPerSecond} events/s`;
  const board = cost.viewers.map(({ count, addedShare, eventsPerSecond, kilobytesPerSecond, lost }) => [
    String(count),
    percent(addedShare),
    ms(eventsPerSecond, 0),
    ms(kilobytesPerSecond, 0),
    String(lost),
  ]);
  const { opening } = cost;
  return [
    formatTable([`consoles, ${of}`, 'of a core, together', 'events/s each', 'kB/s each', 'cut off'], board),
    `the bridge alone: ${percent(cost.aloneShare)} of a core; ${opening.viewers} consoles opened at once: ` +
      `${ms(opening.cpuMs, 0)} ms of CPU, the last one after ${ms(opening.tookMs, 0)} ms`,
    '',
    formatTable(
      [`page, ${of}`, 'p50', 'p99', 'longest'],
      [
        row('words: known to the bridge -> in a row, ms', page.words),
        row('frames, nobody does anything, ms', page.frames),
        row('frames, scrolled by the wheel, ms', page.scrollFrames),
        row('first load -> calls there, ms', page.usableMs),
        row('loaded again -> calls on the board, ms', page.boardMs),
      ],
    ),
    `long tasks: ${ms(page.longTasks.perSecond, 1)} a second, the longest ${ms(page.longTasks.longestMs, 0)} ms; ` +
      `${page.rows} rows on the page; its main thread uses ${percent(page.threadShare)} of a core`,
  ].join('\n');
}

function row(name: string, summary: Summary | undefined): string[] {
  return [name, ms(summary?.p50, 0), ms(summary?.p99, 0), ms(summary?.max, 0)];
}

/** The goals of the console, and what was measured against each. Undefined is what was not measured. */
export function consoleGoalRows(result: ConsoleResult | undefined): GoalRow[] {
  if (!result) return [];
  const { cost, page } = result;
  const most = cost.viewers.at(-1);
  const note = page.disturbed ? ', disturbed' : '';
  const shares = cost.viewers.map(({ count, addedShare }) => `${count}: ${(addedShare * 100).toFixed(1)} %`);
  return [
    {
      figure: `board of ${cost.calls} changing calls, all consoles together`,
      goal: `<= ${GOALS.sharePercent} % of a core`,
      measured: shares.join(', '),
      control: `${(cost.aloneShare * 100).toFixed(1)} % alone`,
      met: most && most.addedShare * 100 <= GOALS.sharePercent && most.lost === 0,
    },
    ...(cost.sound ? soundRows(cost.sound, cost.disturbed) : []),
    {
      figure: 'word on screen after the bridge knew it, p50 / p95',
      goal: `<= ${GOALS.wordsMs} ms`,
      measured: page.words ? `${ms(page.words.p50, 0)} / ${ms(page.words.p95, 0)} ms${note}` : 'not measured',
      control: '-',
      met: page.disturbed ? undefined : page.words && page.words.p95 <= GOALS.wordsMs,
    },
    {
      figure: 'console, first load',
      goal: `<= ${GOALS.firstLoadKb} kB`,
      measured: `${ms(page.firstLoadBytes / 1000, 0)} kB`,
      control: '-',
      met: page.firstLoadBytes / 1000 <= GOALS.firstLoadKb,
    },
    {
      figure: 'console, first load to usable, p50',
      goal: `<= ${GOALS.usableMs} ms`,
      measured: page.usableMs ? `${ms(page.usableMs.p50, 0)} ms${note}` : 'not measured',
      control: '-',
      met: page.disturbed ? undefined : page.usableMs && page.usableMs.p50 <= GOALS.usableMs,
    },
  ];
}

function soundRows({ calls, viewers, without, with: beside }: SoundBeside, disturbed: boolean): GoalRow[] {
  const unchanged = (figure: string, way: keyof typeof without): GoalRow => {
    const [before, after] = [without[way], beside[way]];
    return {
      figure: `${figure}, p50 / p99, ${calls} calls, ${viewers} consoles open`,
      goal: 'unchanged',
      measured: `${delays(after)} ms${disturbed ? ', disturbed' : ''}`,
      control: `${delays(before)} ms without`,
      met: disturbed || !before || !after ? undefined : after.p99 <= before.p99 + UNCHANGED_MS,
    };
  };
  return [
    unchanged('caller frame to model event', 'callerToModel'),
    unchanged('model audio to carrier', 'modelToCarrier'),
  ];
}
