import { createApp } from '../app.js';
import { readConfig } from '../config.js';
import { createLog } from '../log.js';
import { endpointsOf } from './environment.js';
import { freePort, type Instance, isReadyAt, type StartInstance } from './instances.js';
import type { Site } from './site.js';

/** Bridges within this process, on its clock: quick to start, but none of them can be killed. `note` gets their logs. */
export function appStarter(
  site: Site,
  environmentOf: (name: string) => Readonly<Record<string, string>>,
  note: (name: string, line: string) => void,
): StartInstance {
  return async (name, given): Promise<Instance> => {
    const port = given ?? (await freePort());
    const url = `http://127.0.0.1:${port}`;
    const environment = environmentOf(name);
    const { credentials } = site.s3;
    const place = ({ url: endpoint }: { url: string }) => ({ endpoint, region: 'us-east-1', credentials });
    const app = await createApp({
      config: readConfig({ PORT: String(port), INSTANCE_URL: url, ...environment }),
      clock: site.clock,
      log: createLog('info', { write: (line) => note(name, line) }),
      bedrock: { endpoint: endpointsOf(site), credentials: async () => site.credentials.issue() },
      s3: place(site.s3),
      // Callers and services are on the same loop: how busy it is says nothing of the bridge.
      loop: 'unmeasured',
      places: { agentCore: place(site.agentCore) },
    });
    await app.listen();
    const stop = async () => {
      await app.drain();
      await app.close();
    };
    return {
      ...{ name, url, stop },
      isReady: () => isReadyAt(url),
      kill: () => app.close(),
      gauge: async () => undefined,
      // Disk and processor are those of the callers as well.
      disk: () => undefined,
      freeze: () => () => undefined,
    };
  };
}
