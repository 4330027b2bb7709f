import type { TestProject } from 'vitest/node';
import { realClock } from '../src/clock.js';
import { createLog } from '../src/log.js';
import { startEmbedded } from '../src/store/embedded/server.js';
import { temporaryDataDir } from '../src/store/embedded/temp-folder.js';
import { migrate } from '../src/store/migrate.js';
import { onServer } from './store/on-server.js';

/** One embedded server for the whole run; tests copy their databases from one that is migrated here. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = createLog('silent');
  const dataDir = await temporaryDataDir();
  let server = await startEmbedded({ dataDir: dataDir.path, log });
  const release = async () => {
    await server.stop();
    await dataDir.remove();
  };
  try {
    // These databases need not outlive a power failure; and one server has the connections of a hundred bridges.
    await onServer(server.url, 'ALTER SYSTEM SET fsync = off');
    await onServer(server.url, 'ALTER SYSTEM SET max_connections = 400');
    await server.stop();
    server = await startEmbedded({ dataDir: dataDir.path, log });
    await onServer(server.url, 'CREATE DATABASE oratio_template');
    const template = new URL(server.url);
    template.pathname = '/oratio_template';
    await migrate({ url: template.href, clock: realClock(), log });
  } catch (error) {
    await release();
    throw error;
  }
  project.provide('postgresUrl', server.url);
  project.provide('serverKind', 'embedded');
  return release;
}
