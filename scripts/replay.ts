import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { BridgeError, messageOf } from '../src/errors.js';
import { findFixtures } from '../src/replay/find.js';
import { FIXTURES_DIR, type Fixture, loadFixture } from '../src/replay/fixture.js';
import { startLocalStack } from '../src/replay/local-stack.js';
import { writeReport } from '../src/replay/out.js';
import type { ReplayResult } from '../src/replay/replayed-call.js';
import { junitXml, terminalTable } from '../src/replay/report.js';
import { type ReplayTarget, replay } from '../src/replay/runner.js';
import { runningBridge } from '../src/replay/running-bridge.js';

interface Options {
  speed: number;
  junit?: string;
  out?: string;
  grep?: string;
  bail?: boolean;
  url?: string;
  token?: string;
}

const command = new Command('replay')
  .description('Replays recorded calls against the local stack and checks what they expect.')
  .argument('[folders...]', 'folders of recorded calls, folders of such folders, or patterns', [
    join(FIXTURES_DIR, 'calls'),
  ])
  .option('--speed <n>', 'multiple of real time, up to about 9', positive, 1)
  .option('--junit <file>', 'writes the results as JUnit XML')
  .option('--out <dir>', 'writes report.json, report.html and heard.wav for each call')
  .option('--grep <text>', 'only calls whose name contains this')
  .option('--bail', 'one call after the other, and none after the first failure')
  .option('--url <url>', 'a bridge that runs, instead of the local stack: by test calls, in real time')
  .option('--token <token>', 'a token of that bridge, of a tester or more')
  .parse();
const options = command.opts<Options>();
if ((options.url === undefined) !== (options.token === undefined)) {
  command.error('--url and --token belong together: the address of a running bridge and a token of it.');
}
if (options.url !== undefined && options.speed !== 1)
  command.error('A running bridge has real time only: leave --speed out.');

process.exitCode = await run(command.args.length > 0 ? command.args : [join(FIXTURES_DIR, 'calls')]);

async function run(places: readonly string[]): Promise<number> {
  const fixtures = loadAll(places);
  if (!fixtures) return 1;
  if (fixtures.length === 0) {
    process.stderr.write(`No recorded call has "${options.grep ?? ''}" in its name.\n`);
    return 1;
  }
  const target = await targetOf(options);
  const results: ReplayResult[] = [];
  try {
    if (options.bail) {
      for (const fixture of fixtures) {
        const result = await replay(fixture, target);
        results.push(result);
        if (result.failures.length > 0) break;
      }
    } else {
      results.push(...(await Promise.all(fixtures.map((fixture) => replay(fixture, target)))));
    }
  } finally {
    await target.close();
  }
  process.stdout.write(terminalTable(results));
  if (options.out !== undefined) for (const result of results) writeReport(result, resolve(options.out));
  if (options.junit !== undefined) {
    try {
      mkdirSync(dirname(resolve(options.junit)), { recursive: true });
      writeFileSync(options.junit, junitXml(results));
    } catch (error) {
      process.stderr.write(`Cannot write ${options.junit}: ${messageOf(error)}\n`);
      return 1;
    }
  }
  return results.every(({ failures }) => failures.length === 0) ? 0 : 1;
}

async function targetOf({ url, token, speed }: Options): Promise<ReplayTarget & { close(): Promise<void> }> {
  if (url === undefined || token === undefined) return startLocalStack({ speed });
  return { ...runningBridge(url, token), close: async () => undefined };
}

/** Undefined, with every bad file told, when one cannot be replayed. */
function loadAll(places: readonly string[]): Fixture[] | undefined {
  const faults: string[] = [];
  const attempt = <Value>(action: () => Value): Value | undefined => {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      faults.push(error.message);
      return undefined;
    }
  };
  const folders = attempt(() => findFixtures(places)) ?? [];
  const wanted = folders.filter((folder) => folder.includes(options.grep ?? ''));
  const fixtures = wanted.map((folder) => attempt(() => loadFixture(folder)));
  if (faults.length > 0) {
    process.stderr.write(`${faults.join('\n')}\n`);
    return undefined;
  }
  return fixtures.filter((fixture) => fixture !== undefined);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('must be a number above 0.');
  return value;
}
