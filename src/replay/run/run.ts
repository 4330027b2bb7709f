import { resolve } from 'node:path';
import { bedrockJudge } from '../../agents/judge.js';
import { realClock } from '../../clock.js';
import { BridgeError, messageOf } from '../../errors.js';
import { judged } from '../expect/meaning.js';
import type { ReplayResult } from '../replayed-call.js';
import { modelMinds } from '../simulated/model-mind.js';
import { keepFailing } from '../simulated/run.js';
import { differencesOf } from './compare.js';
import { junitXml } from './junit.js';
import { jobsOf, replayAll } from './run-calls.js';
import { readRunFile, runJson } from './run-file.js';
import { loadCalls } from './run-load.js';
import { faultOf, type RunOptions } from './run-options.js';
import { writeFile, writeRun } from './run-out.js';
import { runProgress } from './run-progress.js';
import { exitCodeOf, type Run, rowsOf } from './run-results.js';
import { differenceLines, runTable } from './run-table.js';
import { openTargets } from './run-target.js';
import { variantsOf } from './run-variants.js';
import type { Terminal } from './terminal.js';
import { updateCalls } from './update.js';

/** Ends a run that could not be carried out, whatever was expected. */
export const COULD_NOT_RUN = 2;

/**
 * Replays recorded calls and tells how they went. Resolves with the exit code: 0 all as expected, 1 an expectation failed,
 * 2 something could not be run. Never rejects.
 */
export async function runReplay(options: RunOptions, terminal: Terminal): Promise<number> {
  try {
    return await run(options, terminal);
  } catch (error) {
    const words = error instanceof BridgeError || !(error instanceof Error) ? messageOf(error) : (error.stack ?? '');
    terminal.tell(`${words}\n`);
    return COULD_NOT_RUN;
  }
}

async function run(options: RunOptions, terminal: Terminal): Promise<number> {
  const fault = faultOf(options, terminal.isInteractive);
  if (fault !== undefined) throw new BridgeError('REQUEST_INVALID', fault);
  const clock = realClock();
  const earlier = options.against === undefined ? undefined : readRunFile(options.against);
  const minds = options.callerModel === undefined ? undefined : modelMinds({ modelId: options.callerModel });
  const fixtures = loadCalls(options.places, options.grep).map((fixture) => ({ ...fixture, mindOf: minds?.mindOf }));
  for (const { name, notes } of fixtures) for (const note of notes) terminal.tell(`${name}: ${note}\n`);
  const variants = variantsOf(options);
  const jobs = jobsOf(fixtures, variants, options.repeat);
  const startedAtMs = clock.now();
  const targets = await openTargets(options, variants);
  const progress = runProgress(terminal, jobs.length);
  const manner = { atOnce: targets.atOnce, bail: options.bail };
  const judge = options.judge === undefined ? undefined : bedrockJudge({ modelId: options.judge });
  const finish = async (result: ReplayResult) => (judge ? judged(result, judge) : result);
  const calls = await replayAll(jobs, manner, targets.of, progress, finish).finally(async () => {
    progress.close();
    judge?.close();
    minds?.close();
    await targets.close();
  });
  const done: Run = {
    startedAt: new Date(startedAtMs).toISOString(),
    tookMs: Math.round(clock.now() - startedAtMs),
    where: targets.where,
    variants: variants.map(({ label }) => label),
    rounds: options.repeat,
    wanted: jobs.length,
    calls,
  };
  const differences = earlier ? differencesOf(earlier, done) : undefined;
  terminal.print(runTable(done));
  if (earlier && differences) terminal.print(differenceLines(earlier, differences));
  if (options.keep !== undefined) {
    for (const line of keepFailing(jobs, calls, options.keep)) terminal.print(`${line}\n`);
  }
  if (options.out !== undefined) {
    const page = writeRun(done, resolve(options.out), differences && earlier && { earlier, differences });
    terminal.print(`See it: ${page}\n`);
  }
  if (options.json !== undefined) writeFile(options.json, `${JSON.stringify(runJson(done, differences), null, 2)}\n`);
  if (options.junit !== undefined) writeFile(options.junit, junitXml(done));
  const exitCode = exitCodeOf(done);
  if (!options.update || exitCode === 0) return exitCode;
  const isWhole = await updateCalls(fixtures, rowsOf(done), terminal, options.yes);
  return isWhole && exitCode === 1 ? 0 : exitCode;
}
