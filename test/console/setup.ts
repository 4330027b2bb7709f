import sparticuz from '@sparticuz/chromium';
import { buildConsole } from '../../src/console-build.js';

/** Once for the whole run: tests beside each other must neither build the console twice nor unpack the browser twice. */
export default async function setup(): Promise<void> {
  await buildConsole();
  if (process.env.CHROME_PATH === undefined) await sparticuz.executablePath();
}
