import { MultiBar } from 'cli-progress';
import pc from 'picocolors';
import { responseGaps } from '../expect/measures.js';
import type { ReplayResult } from '../replayed-call.js';
import { failureLine } from './report.js';
import type { Progress } from './run-calls.js';
import type { Terminal } from './terminal.js';

/** Longest list of calls that are being replayed, in characters. */
const LONGEST_RUNNING = 60;

/** A line for each call that is over; where somebody looks, a bar below them with the calls that are on. */
export function runProgress(terminal: Terminal, total: number): Progress & { close(): void } {
  const width = String(total).length;
  const running = new Set<string>();
  let endedCount = 0;
  let failedCount = 0;
  const format = `${pc.dim('{bar}')} {value}/{total} calls  {failed}  ${pc.dim('{running}')}`;
  const bars =
    terminal.bar &&
    new MultiBar({ format, barsize: 24, hideCursor: true, clearOnComplete: true, stream: terminal.bar });
  const state = () => ({
    failed: failedCount === 0 ? 'none failed' : pc.red(`${failedCount} failed`),
    running: shortened([...running].join(', ')),
  });
  const bar = bars?.create(total, 0, state());
  return {
    began(title) {
      running.add(title);
      bar?.update(endedCount, state());
    },
    ended(title, result) {
      running.delete(title);
      endedCount++;
      if (result.failures.length > 0) failedCount++;
      const count = pc.dim(`${String(endedCount).padStart(width)}/${total}`);
      const line = `${count} ${endedLine(title, result)}\n`;
      if (bars) bars.log(line);
      else terminal.tell(line);
      bar?.update(endedCount, state());
    },
    close() {
      // Taking the bar away writes the lines that wait for the next drawing; only stopping would lose them.
      if (bar) bars?.remove(bar);
      bars?.stop();
    },
  };
}

function endedLine(title: string, { failures, call }: ReplayResult): string {
  const [first, ...others] = failures;
  if (first) {
    const more = others.length > 0 ? ` (and ${others.length} more)` : '';
    return `${pc.red('✗')} ${title}  ${pc.red(`${failureLine(first)}${more}`)}`;
  }
  const gaps = call ? responseGaps(call).map(({ gapMs }) => gapMs) : [];
  const slowest = gaps.length > 0 ? pc.dim(`  ${Math.round(Math.max(...gaps))} ms`) : '';
  return `${pc.green('✓')} ${title}${slowest}`;
}

function shortened(text: string): string {
  return text.length > LONGEST_RUNNING ? `${text.slice(0, LONGEST_RUNNING - 1)}…` : text;
}
