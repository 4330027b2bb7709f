import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import type { CallDifferences, Difference, EarlierRun } from './compare.js';
import { failureLine } from './report.js';
import { type Cell, failureCounts, type Row, type Run, rowsOf, runSentence, type Verdict } from './run-results.js';

/** Longest text of a difference on a terminal, in characters. */
const LONGEST_SHOWN = 80;

const MARKS: Readonly<Record<Verdict, string>> = { passed: pc.green('✓'), failed: pc.red('✗'), 'not-run': pc.red('!') };

/** One line a call with a column for each variant, and under it what does not hold. */
export function runTable(run: Run): string {
  const rows = rowsOf(run);
  const isPlain = run.variants.length === 1;
  const heads = isPlain ? ['length', 'gap max'] : run.variants;
  const cellsOf = (row: Row): string[] => {
    if (!isPlain)
      return run.variants.map((variant) =>
        cellText(
          row.cells.find((cell) => cell.variant === variant),
          run.rounds,
        ),
      );
    const cell = row.cells[0];
    return [lengthOf(cell), gapOf(cell)];
  };
  const titles = rows.map((row) => {
    const cell = row.cells[0];
    return run.rounds > 1 && isPlain && cell ? `${row.name}  ${rate(cell)}` : row.name;
  });
  const nameWidth = Math.max(4, ...titles.map((title) => title.length));
  const table = rows.map(cellsOf);
  const widths = heads.map((head, index) => Math.max(head.length, ...table.map((cells) => width(cells[index] ?? ''))));
  const line = (cells: readonly string[]) => cells.map((cell, index) => padded(cell, widths[index] ?? 0)).join('  ');
  const onlyVariant = isPlain ? run.variants[0] : undefined;
  return [
    ...(onlyVariant ? [pc.dim(`  with ${onlyVariant}`)] : []),
    pc.dim(`  ${'call'.padEnd(nameWidth)}  ${line(heads)}`),
    ...rows.flatMap((row, index) => [
      `${MARKS[row.verdict]} ${(titles[index] ?? '').padEnd(nameWidth)}  ${line(table[index] ?? [])}`.trimEnd(),
      ...row.cells.flatMap((cell) => failureLines(cell, run)),
    ]),
    '',
    (rows.every(({ verdict }) => verdict === 'passed') ? pc.green : pc.red)(runSentence(run)),
    '',
  ].join('\n');
}

function failureLines(cell: Cell, { variants, rounds }: Run): string[] {
  const results = cell.calls.map(({ result }) => result);
  const where = variants.length > 1 ? `[${cell.variant}] ` : '';
  if (rounds === 1) {
    return results.flatMap(({ failures }) =>
      failures.map((failure) => `    ${pc.red(`${where}${failureLine(failure)}`)}`),
    );
  }
  return failureCounts(results).map(
    ({ count, example }) => `    ${pc.red(`${where}${count} of ${results.length} times  ${failureLine(example)}`)}`,
  );
}

function cellText(cell: Cell | undefined, rounds: number): string {
  if (!cell) return '-';
  const verdict = rounds > 1 ? ` ${rate(cell)}` : '';
  return `${MARKS[cell.verdict]}${verdict} ${gapOf(cell).padStart(8)}`;
}

function rate({ passedCount, calls }: Cell): string {
  return `${passedCount}/${calls.length}`;
}

function lengthOf(cell: Cell | undefined): string {
  const lengths = (cell?.calls ?? []).flatMap(({ result }) => (result.call ? [result.call.mediaEndMs] : []));
  return lengths.length === 0 ? '-' : `${(Math.max(...lengths) / 1000).toFixed(1)} s`;
}

function gapOf(cell: Cell | undefined): string {
  return cell?.slowestGapMs === undefined ? '-' : `${Math.round(cell.slowestGapMs)} ms`;
}

/** What is not as it was in an earlier run. */
export function differenceLines(earlier: EarlierRun, calls: readonly CallDifferences[]): string {
  const compared = calls.filter(({ state }) => state === 'compared');
  const differing = compared.filter(({ differences }) => differences.length > 0);
  const others = (state: CallDifferences['state'], words: string) => {
    const names = [...new Set(calls.filter((call) => call.state === state).map(({ name }) => name))];
    return names.length === 0 ? [] : [`  ${words}: ${names.join(', ')}`];
  };
  return [
    '',
    pc.underline(`Against the run of ${earlier.startedAt}`),
    ...differing.flatMap(({ name, variant, round, differences }) => [
      `  ${name}${variant === '' ? '' : ` [${variant}]`}${round > 1 ? ` (${round})` : ''}`,
      ...differences.map((difference) => `    ${differenceLine(difference)}`),
    ]),
    ...others('new', 'not in that run'),
    ...others('gone', 'only in that run'),
    `  ${differing.length === 0 ? `${compared.length} calls as they were` : `${differing.length} of ${compared.length} calls not as they were`}`,
    '',
  ].join('\n');
}

function differenceLine({ about, before, now, atMs }: Difference): string {
  const time = atMs === undefined ? '' : pc.dim(` (at ${(atMs / 1000).toFixed(2)} s)`);
  return `${about}: ${short(before)} ${pc.yellow('->')} ${short(now)}${time}`;
}

function short(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 1)}…` : text;
}

function width(text: string): number {
  return stripVTControlCharacters(text).length;
}

function padded(text: string, toWidth: number): string {
  return `${' '.repeat(Math.max(0, toWidth - width(text)))}${text}`;
}
