import { inject } from 'vitest';
import { createLog } from '../../src/log.js';
import { startEmbedded } from '../../src/store/embedded/server.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { serverPid } from './embedded-rig.js';
import { startTcpServer } from './tcp-server.js';

/** A server for tests that kill it: of the same kind as the one of this run. It comes back by itself. */
export interface OwnServer {
  readonly url: string;
  pid(): Promise<number>;
  stop(): Promise<void>;
}

/** With room for fifty connections. */
export async function startOwnServer(): Promise<OwnServer> {
  if (inject('serverKind') === 'tcp') {
    const server = await startTcpServer({ maxConnections: 50, isSupervised: true });
    return { url: server.url, pid: async () => server.pid, stop: server.stop };
  }
  const dataDir = await temporaryDataDir();
  const server = await startEmbedded({ dataDir: dataDir.path, log: createLog('silent') });
  return {
    url: server.url,
    pid: () => serverPid(dataDir.path),
    async stop() {
      await server.stop();
      await dataDir.remove();
    },
  };
}
