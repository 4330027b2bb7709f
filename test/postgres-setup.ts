import type { TestProject } from 'vitest/node';
import { realClock } from '../src/clock.js';
import { createLog } from '../src/log.js';
import { startEmbedded } from '../src/store/embedded/server.js';
import { temporaryDataDir } from '../src/store/embedded/temp-folder.js';
import { migrate } from '../src/store/migrate.js';
import { onceForRun } from './once.js';
import { onServer } from './store/on-server.js';

interface Served {
  readonly url: string;
  /** Once, however often it is asked. */
  release(): Promise<void>;
}

/** One embedded server for the whole run; tests copy their databases from one that is migrated here. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, release } = await onceForRun('postgres', serve);
  project.provide('postgresUrl', url);
  project.provide('serverKind', 'embedded');
  return release;
}

async function serve(): Promise<Served> {
  const log = createLog('silent');
  const dataDir = await temporaryDataDir();
  let server = await startEmbedded({ dataDir: dataDir.path, log });
  const stop = async () => {
    await server.stop();
    await dataDir.remove();
  };
  let stopped: Promise<void> | undefined;
  const release = () => {
    stopped ??= stop();
    return stopped;
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
  return { url: server.url, release };
}
