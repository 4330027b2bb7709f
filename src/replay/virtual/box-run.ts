import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readBox } from '../../blackbox/boxes.js';
import { streamOf } from '../../blackbox/file.js';
import { bridgeVersion } from '../../blackbox/version.js';
import { BridgeError } from '../../errors.js';
import type { BoxComparison, BoxDifference } from './box-comparison.js';
import { replayBox } from './box-replay.js';

const SAME = 0;
const DIFFERENT = 1;
const COULD_NOT_RUN = 2;

/**
 * Replays black boxes and tells in words where this bridge decides something else. `places`: boxes, the folders of calls, or
 * folders of such folders. Exit code 0 when nothing differs, 1 when something does, 2 when a box cannot be read.
 */
export async function replayBoxes(places: readonly string[]): Promise<{ text: string; exitCode: number }> {
  const lines: string[] = [];
  let exitCode = SAME;
  for (const place of places) {
    const paths = boxesAt(place);
    if (paths.length === 0) {
      lines.push(`There is no black box (call.box) at ${place}.`);
      exitCode = COULD_NOT_RUN;
    }
    for (const path of paths) {
      try {
        const comparison = await replayBox(await readBox(path));
        lines.push(...wordsOf(comparison, path));
        if (comparison.counts.size > 0) exitCode = Math.max(exitCode, DIFFERENT);
      } catch (error) {
        if (!(error instanceof BridgeError)) throw error;
        lines.push(error.message);
        exitCode = COULD_NOT_RUN;
      }
    }
  }
  return { text: `${lines.join('\n')}\n`, exitCode };
}

function boxesAt(path: string): string[] {
  if (!isFolder(path)) return [path];
  const names = readdirSync(path);
  const boxes = names.filter((name) => streamOf(name) !== undefined).sort((a, b) => streamOf(a)! - streamOf(b)!);
  const folders = names.map((name) => join(path, name)).filter(isFolder);
  return [...boxes.map((name) => join(path, name)), ...folders.sort().flatMap(boxesAt)];
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function wordsOf(comparison: BoxComparison, path: string): string[] {
  const { versions, durationMs, inputCount, endReason, stoppedAtMs, differences, counts } = comparison;
  const name = join(basename(dirname(path)), basename(path));
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const found = total === 0 ? 'no difference' : `${total} ${total === 1 ? 'difference' : 'differences'}`;
  const lines = [`${name}: ${found} in ${seconds(durationMs)} with ${inputCount} inputs.`];
  if (endReason === undefined) lines.push(`  The box was cut at ${seconds(durationMs)}: it was replayed up to there.`);
  if (versions.bridge !== bridgeVersion()) {
    lines.push(`  The call was carried by version ${versions.bridge} of the bridge; this is ${bridgeVersion()}.`);
  }
  if (stoppedAtMs !== undefined) lines.push(`  Nothing was compared after ${seconds(stoppedAtMs)}.`);
  lines.push(...differences.flatMap(wordsOfDifference));
  if (differences.length < total) lines.push(`  ... and ${total - differences.length} more.`);
  if (total > 1) lines.push(`  By kind: ${[...counts].map(([kind, count]) => `${kind} ${count}`).join(', ')}.`);
  return lines;
}

function wordsOfDifference({ atMs, input, kind, expected, found, isAfterSecret }: BoxDifference): string[] {
  const doubt = isAfterSecret ? ' (after something that was not kept, from which it may come)' : '';
  return [
    `  ${seconds(atMs)}, on ${input}: ${kind}${doubt}`,
    `    on the tape: ${expected ?? 'nothing'}`,
    `    now:         ${found ?? 'nothing'}`,
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}
