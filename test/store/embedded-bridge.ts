import { messageOf } from '../../src/errors.js';
import { createLog } from '../../src/log.js';
import { startEmbedded } from '../../src/store/embedded/server.js';
import type { BridgeOptions, BridgeReport } from './embedded-rig.js';

/** A process that holds an embedded database, as the bridge does: tests kill it. Says one line and stays. */
const { runAs, ...options } = JSON.parse(process.argv[2]!) as BridgeOptions;

function say(report: BridgeReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

// Everything is loaded by now: the folder of the sources may be closed to that user.
if (runAs) {
  process.setgroups?.([runAs.gid]);
  process.setgid?.(runAs.gid);
  process.setuid?.(runAs.uid);
}
try {
  const { url, joined } = await startEmbedded({ ...options, log: createLog('silent') });
  say({ url, joined });
} catch (error) {
  const { code = '' } = error as { code?: string };
  say({ code, message: messageOf(error) });
}
