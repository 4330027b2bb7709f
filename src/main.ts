import { createApp } from './app.js';
import { readConfig } from './config.js';
import { BridgeError, messageOf } from './errors.js';
import { createLog } from './log.js';
import { stopInOrder } from './shutdown.js';

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  const app = await createApp({ config, log });
  stopInOrder(app, log);
  const address = await app.listen();
  log.info({ address, publicUrl: config.publicUrl }, 'listening');
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
