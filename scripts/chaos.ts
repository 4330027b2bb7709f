import { randomInt } from 'node:crypto';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { commandOf, USUAL_SIZE } from '../src/chaos/command.js';
import { FAULT_NAMES } from '../src/chaos/faults.js';
import { figuresOf, formatFigures, formatViolations } from '../src/chaos/report.js';
import { runChaos } from '../src/chaos/run.js';

const OUT = fileURLToPath(new URL('../out/chaos/', import.meta.url));
const PROMISE_BROKEN = 1;

const command = new Command('chaos')
  .description(
    'Puts faults into calls and holds the bridge to what it promises: no call lost, no word twice, no silence.',
  )
  .option('--seed <n>', 'the same faults in the same calls at the same moments again', count)
  .option('--calls <n>', 'calls with one fault each', count, USUAL_SIZE.calls)
  .option('--at-once <n>', 'calls at the same time', count, USUAL_SIZE.atOnce)
  .option('--only <fault>', `one of ${FAULT_NAMES.join(', ')}`, fault)
  .option('--json <file>', 'everything measured, call by call')
  .parse();
const options = command.opts<{ seed?: number; calls: number; atOnce: number; only?: string; json?: string }>();
const { calls, atOnce, only, json } = options;
const seed = options.seed ?? randomInt(1_000_000);
const size = { seed, calls, atOnce };
const print = (text: string) => process.stdout.write(`${text}\n`);

print(`seed ${seed}: ${commandOf(size, only)}`);
mkdirSync(OUT, { recursive: true });
const log = createWriteStream(`${OUT}bridges.log`);
const result = await runChaos({
  ...size,
  only,
  progress: (words) => process.stderr.write(`${words}\n`),
  told(part, results) {
    const broken = formatViolations(part, results);
    print(`${part}: ${results.length} calls; again: ${commandOf(size, only ?? part)}`);
    if (broken !== '') print(`\n${broken}\n`);
  },
  note: (instance, line) => log.write(`${instance} ${line}\n`),
});
log.end();
const figures = figuresOf(result);
print(`\n${formatFigures(figures, size)}`);
print(`\nseed ${seed}: ${commandOf(size, only)}; logs of the bridges: out/chaos/bridges.log`);
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ figures, ...result }, null, 2)}\n`);
process.exitCode = figures.some(({ met }) => met === false) ? PROMISE_BROKEN : 0;

function count(written: string): number {
  const value = Number(written);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('must be a whole number.');
  return value;
}

function fault(written: string): string {
  if (!FAULT_NAMES.includes(written)) throw new InvalidArgumentError(`must be one of ${FAULT_NAMES.join(', ')}.`);
  return written;
}
