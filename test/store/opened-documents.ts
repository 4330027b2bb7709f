import { FakeClock } from '../../src/clock.js';
import { createLog } from '../../src/log.js';
import { connectDatabase } from '../../src/store/database.js';
import { storedDocuments } from '../../src/store/documents.js';
import { storedJobs } from '../../src/store/jobs.js';
import { freshDatabase } from './postgres.js';

/** Documents and jobs in a database of their own, on a clock that a test moves. */
export async function openDocuments() {
  const fresh = await freshDatabase();
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  const log = createLog('silent');
  const database = connectDatabase({ url: fresh.url, clock, log });
  return {
    clock,
    log,
    database,
    records: storedDocuments({ database, clock }),
    jobs: storedJobs({ database, clock }),
    async close() {
      await database.close();
      await fresh.drop();
    },
  };
}

export type OpenedDocuments = Awaited<ReturnType<typeof openDocuments>>;
