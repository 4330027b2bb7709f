import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BridgeError, messageOf } from '../../errors.js';
import { type Against, runPage } from '../page/run-page.js';
import { writeReport } from './out.js';
import type { Run, RunCall } from './run-results.js';

/** Writes a text file and the folders above it. Throws `FIXTURE_INVALID` naming the file when it cannot be written. */
export function writeFile(path: string, text: string): void {
  attempt(path, () => {
    mkdirSync(dirname(resolve(path)), { recursive: true });
    writeFileSync(path, text);
  });
}

/** Writes the page of the whole run and a folder for each replay; the answer is the page's path. */
export function writeRun(run: Run, dir: string, against?: Against): string {
  const page = join(dir, 'run.html');
  attempt(dir, () => {
    for (const call of run.calls) writeReport(call.result, dir, folderOf(run, call));
    writeFileSync(
      page,
      runPage(run, (call) => `${folderOf(run, call)}/heard.wav`, against),
    );
  });
  return page;
}

/** `<call>`, and above or below it what tells its replays apart. */
export function folderOf({ variants, rounds }: Run, { result, variant, round }: RunCall): string {
  const parts = [
    ...(variants.length > 1 ? [variant.replace(/[^a-zA-Z0-9.=-]+/g, '_')] : []),
    result.name,
    ...(rounds > 1 ? [`run-${round}`] : []),
  ];
  return parts.join('/');
}

function attempt(path: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    throw new BridgeError('FIXTURE_INVALID', `cannot write ${path}: ${messageOf(error)}`, { path }, { cause: error });
  }
}
