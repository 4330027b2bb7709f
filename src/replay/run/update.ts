import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import pc from 'picocolors';
import { BridgeError, messageOf } from '../../errors.js';
import type { Fixture } from '../fixture/fixture.js';
import { aligned } from './align.js';
import { failureLine } from './report.js';
import type { Row } from './run-results.js';
import type { Terminal } from './terminal.js';
import { updatedCall } from './update-file.js';

const QUESTION = 'Write this? [y]es, [n]o, [a]ll that follow too, [q]uit: ';

/**
 * Offers for each call that is not as expected to expect from now on what was found. `isAgreed` answers yes to all.
 * Resolves with whether every one of them is now as expected. Rejects with `FIXTURE_INVALID` when a file cannot be written.
 */
export async function updateCalls(
  fixtures: readonly Fixture[],
  rows: readonly Row[],
  terminal: Terminal,
  isAgreed: boolean,
): Promise<boolean> {
  let isWhole = true;
  let answersAll = isAgreed;
  for (const { name, verdict, cells } of rows) {
    const result = cells[0]?.calls[0]?.result;
    const fixture = fixtures.find((each) => each.name === name);
    if (verdict === 'passed' || !result || !fixture) continue;
    const path = join(fixture.dir, 'call.yaml');
    const before = readFileSync(path, 'utf8');
    const { text, left } = updatedCall(before, path, result);
    terminal.print(`\n${pc.bold(relative(process.cwd(), path))}\n`);
    for (const failure of left) terminal.print(`  ${pc.yellow('left as it is')}  ${failureLine(failure)}\n`);
    if (left.length > 0) isWhole = false;
    if (text === before) continue;
    terminal.print(`${changedLines(before, text).join('\n')}\n`);
    const answer = answersAll ? 'y' : (await terminal.ask(QUESTION)).trim().toLowerCase();
    if (answer.startsWith('q')) return false;
    if (answer.startsWith('a')) answersAll = true;
    if (!/^[ya]/.test(answer)) {
      isWhole = false;
      continue;
    }
    write(path, text);
    terminal.print(`  ${pc.green('written')}\n`);
  }
  return isWhole;
}

/** Lines that go (`-`) and that come (`+`), each with its number. */
export function changedLines(before: string, now: string): string[] {
  const numbered = (text: string) =>
    text.split('\n').map((line, index) => ({ line, number: String(index + 1).padStart(4) }));
  return aligned(numbered(before), numbered(now), (a, b) => (a.line === b.line ? 0 : 3)).flatMap((pair) => {
    if (pair.before && pair.now) return [];
    if (pair.before) return [pc.red(`${pair.before.number} - ${pair.before.line}`)];
    return pair.now ? [pc.green(`${pair.now.number} + ${pair.now.line}`)] : [];
  });
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new BridgeError('FIXTURE_INVALID', `cannot write ${path}: ${messageOf(error)}`, { path }, { cause: error });
  }
}
