import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callForCost, spokenMinute } from '../replay/virtual/box-cost.js';
import type { GoalRow } from './report.js';
import { median } from './statistics.js';

const CALL_MS = 60_000;
const BYTES_PER_MB = 1e6;
const GOALS = { sharePercent: 3, mbPerMinute: 1 } as const;

export interface BoxCost {
  /** Pairs of a call without and a call with its box, one right after the other. */
  pairs: number;
  /** CPU of the session alone, and with its box: medians, in µs per second of a call. */
  withoutUs: number;
  withUs: number;
  /** Median of what the box costs in a pair, in µs per second of a call. */
  boxUs: number;
  mbPerMinute: number;
}

/**
 * What the black box of a call costs: calls of a minute on their sessions, by turns with a box on the disk and without, in this
 * process. CPU is user and system of the whole process, so writing is in it.
 */
export async function measureBoxCost(pairs: number): Promise<BoxCost> {
  const sound = spokenMinute();
  const folder = await mkdtemp(join(tmpdir(), 'bench-boxes-'));
  const cpuOf = async (box?: string) => {
    const before = process.cpuUsage();
    await callForCost(sound, CALL_MS, box);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / (CALL_MS / 1000);
  };
  try {
    // What only the first call needs is no cost of each.
    await cpuOf();
    await cpuOf(join(folder, 'first'));
    const without: number[] = [];
    const withBox: number[] = [];
    for (let pair = 0; pair < pairs; pair++) {
      const box = join(folder, String(pair));
      // Whichever comes first has the colder machine: they take turns at it.
      if (pair % 2 === 0) without.push(await cpuOf());
      withBox.push(await cpuOf(box));
      if (pair % 2 === 1) without.push(await cpuOf());
    }
    const bytes = await bytesIn(join(folder, '0'));
    return {
      pairs,
      withoutUs: median(without),
      withUs: median(withBox),
      boxUs: median(withBox.map((each, pair) => each - without[pair]!)),
      mbPerMinute: bytes / BYTES_PER_MB / (CALL_MS / 60_000),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bytesIn(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** CPU of the whole bridge per second of a call, measured in the same run. */
export interface CallCost {
  us: number;
  /** Other work has slowed the calls down, and the boxes less: their share looks smaller than it is. */
  disturbed: boolean;
}

/** Undefined is what was not measured. */
export function boxGoalRows(cost: BoxCost | undefined, call: CallCost | undefined): GoalRow[] {
  if (!cost) return [];
  const { boxUs, withUs, withoutUs, mbPerMinute } = cost;
  const ofSession = `session ${whole(withoutUs)} -> ${whole(withUs)} µs (x${(withUs / withoutUs).toFixed(2)})`;
  const sharePercent = call && (boxUs / call.us) * 100;
  return [
    {
      figure: 'black box, CPU per call-second',
      goal: 'reported',
      measured: `${whole(boxUs)} µs`,
      control: ofSession,
      met: undefined,
    },
    {
      figure: 'black box, share of the CPU of a call',
      goal: `<= ${GOALS.sharePercent} %`,
      measured:
        call === undefined || sharePercent === undefined
          ? 'not measured'
          : `${sharePercent.toFixed(1)} % of ${whole(call.us)} µs${call.disturbed ? ', disturbed' : ''}`,
      control: '-',
      met: sharePercent === undefined || call?.disturbed ? undefined : sharePercent <= GOALS.sharePercent,
    },
    {
      figure: 'black box, size',
      goal: `<= ${GOALS.mbPerMinute} MB/min`,
      measured: `${mbPerMinute.toFixed(2)} MB/min`,
      control: '-',
      met: mbPerMinute <= GOALS.mbPerMinute,
    },
  ];
}

function whole(us: number): string {
  return String(Math.round(us));
}
