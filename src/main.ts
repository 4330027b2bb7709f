import { createApp } from './app.js';
import { readConfig } from './config.js';
import { isLoopback } from './directory/web-url.js';
import { BridgeError, messageOf } from './errors.js';
import { ownUrl } from './instance-url.js';
import { createLog } from './log.js';
import { raisePriority } from './priority.js';
import { stopInOrder } from './shutdown.js';

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  const app = await createApp({ config, log, ownsProcess: true });
  stopInOrder(app, log);
  const instanceUrl = config.instanceUrl ?? ownUrl(config.host, config.port);
  if (config.databaseUrl !== undefined && isLoopback(new URL(instanceUrl).hostname)) {
    log.warn({ instanceUrl }, 'other instances on this database cannot reach this one: set INSTANCE_URL');
  }
  if (config.isRealtime) {
    const priority = await raisePriority();
    if (priority.raised) log.info('calls go before all other work of this machine');
    else
      log.info({ why: priority.why }, 'calls share the processor with other work: real-time priority is not allowed');
  }
  const address = await app.listen().catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
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
