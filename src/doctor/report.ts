import type { Finding, Line } from './check.js';

type State = Finding['state'];

const MARKS: Readonly<Record<State, string>> = { ok: '✓', warning: '!', failed: '✗', skipped: '–' };
/** Green, yellow, red, grey. Source: ECMA-48, SGR. */
const COLOURS: Readonly<Record<State, number>> = { ok: 32, warning: 33, failed: 31, skipped: 90 };
const NAME_WIDTH = 16;
const INDENT = ' '.repeat(NAME_WIDTH + 4);

/** One line of the terminal, its advice indented below. */
export function lineText({ check, state, says, advice }: Line, hasColours: boolean): string {
  const mark = hasColours ? `\u001b[${COLOURS[state]}m${MARKS[state]}\u001b[39m` : MARKS[state];
  const below = (advice ?? '').split('\n').filter((each) => each !== '');
  return [`${mark} ${check.padEnd(NAME_WIDTH)}  ${oneLine(says)}`, ...below.map((each) => `${INDENT}${each}`)].join(
    '\n',
  );
}

export function summaryText(lines: readonly Line[]): string {
  const { ok, warning, failed, skipped } = countStates(lines);
  const parts = [
    `${ok} in order`,
    ...(warning > 0 ? [`${warning} ${warning === 1 ? 'warning' : 'warnings'}`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ];
  return `${parts.join(', ')}.`;
}

/** For programs. */
export function reportJson(lines: readonly Line[]): string {
  return JSON.stringify({ healthy: isHealthy(lines), counts: countStates(lines), lines }, null, 2);
}

/** Warnings are allowed. */
export function isHealthy(lines: readonly Line[]): boolean {
  return lines.every(({ state }) => state !== 'failed');
}

function countStates(lines: readonly Line[]): Record<State, number> {
  const counts = { ok: 0, warning: 0, failed: 0, skipped: 0 };
  for (const { state } of lines) counts[state]++;
  return counts;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}
