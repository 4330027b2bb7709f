import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { realClock } from '../src/clock.js';
import { createLog } from '../src/log.js';
import { startEmbedded } from '../src/store/embedded/server.js';
import { temporaryDataDir } from '../src/store/embedded/temp-folder.js';
import { migrate } from '../src/store/migrate.js';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
  }
}

/** One embedded server for the whole run; tests copy their databases from one that is migrated here. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = createLog('silent');
  const dataDir = await temporaryDataDir();
  const server = await startEmbedded({ dataDir: dataDir.path, log });
  const release = async () => {
    await server.stop();
    await dataDir.remove();
  };
  try {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    // These databases need not outlive a power failure.
    await client.query('ALTER SYSTEM SET fsync = off');
    await client.query('SELECT pg_reload_conf()');
    await client.query('CREATE DATABASE oratio_template');
    await client.end();
    const template = new URL(server.url);
    template.pathname = '/oratio_template';
    await migrate({ url: template.href, clock: realClock(), log });
  } catch (error) {
    await release();
    throw error;
  }
  project.provide('postgresUrl', server.url);
  return release;
}
