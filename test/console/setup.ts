import sparticuz from '@sparticuz/chromium';
import { buildConsole } from '../../src/console-build.js';
import { buildProcesses } from '../built.js';

/** Once for the whole run: tests beside each other must neither build the console twice nor unpack the browser twice. */
export default async function setup(): Promise<() => Promise<void>> {
  const [built] = await Promise.all([buildProcesses(), buildConsole(), unpackBrowser()]);
  return built.remove;
}

async function unpackBrowser(): Promise<void> {
  if (process.env.CHROME_PATH === undefined) await sparticuz.executablePath();
}
