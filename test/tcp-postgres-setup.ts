import type { TestProject } from 'vitest/node';
import { realClock } from '../src/clock.js';
import { createLog } from '../src/log.js';
import { migrate } from '../src/store/migrate.js';
import { onServer } from './store/on-server.js';
import { startTcpServer } from './store/tcp-server.js';

/** One server over TCP for the whole run, as an operator's DATABASE_URL names it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startTcpServer({ maxConnections: 400 });
  try {
    await onServer(server.url, 'CREATE DATABASE oratio_template');
    const template = new URL(server.url);
    template.pathname = '/oratio_template';
    await migrate({ url: template.href, clock: realClock(), log: createLog('silent') });
  } catch (error) {
    await server.stop();
    throw error;
  }
  project.provide('postgresUrl', server.url);
  project.provide('serverKind', 'tcp');
  return server.stop;
}
