import closeWithGrace from 'close-with-grace';
import { createApp } from './app.js';
import { readConfig } from './config.js';
import { BridgeError, messageOf } from './errors.js';
import { createLog } from './log.js';

/** How long live calls may go on after SIGTERM, in ms; orchestrators must wait a little longer before they kill. */
const DRAIN_LIMIT_MS = 300_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  const app = await createApp({ config, log });
  const address = await app.listen();
  log.info({ address, publicUrl: config.publicUrl, modelId: config.modelId, region: config.region }, 'listening');

  closeWithGrace({ delay: DRAIN_LIMIT_MS, logger: undefined }, async ({ signal, err }) => {
    if (err) log.fatal({ err, code: 'INTERNAL' }, 'uncaught error');
    else log.info({ signal, calls: app.registry.liveCount }, 'draining');
    if (!err) await app.drain();
    await app.close();
    log.info('stopped');
  });
}

main().catch((error: unknown) => {
  const isConfig = error instanceof BridgeError && error.code === 'CONFIG_INVALID';
  const words = isConfig
    ? `The configuration has faults:\n${indented(error.message)}`
    : `Cannot start: ${messageOf(error)}`;
  process.stderr.write(`${words}\n`);
  process.exit(1);
});

function indented(text: string): string {
  return text.replace(/^/gm, '  ');
}
