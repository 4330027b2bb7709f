import { realClock } from '../clock.js';
import { servingVersion } from '../directory/serving.js';
import { randomIds } from '../ids.js';
import { createLog } from '../log.js';
import { connectDatabase } from '../store/database.js';
import { storeDirectory } from '../store/directory.js';
import { type Summary, summaryOf } from './statistics.js';

/** Between two look-ups, in ms: so that they meet the database at many moments. */
const PAUSE_MS = 5;

/**
 * How long it takes to find who answers a number, with a directory of its own that follows the database as the bridge's
 * does. To be asked of the process of the bridge, so that what keeps that one from running counts.
 */
export async function timeLookUps(given: {
  databaseUrl: string;
  number: string;
  count: number;
}): Promise<Summary | undefined> {
  const { databaseUrl: url, number: e164, count } = given;
  const clock = realClock();
  const log = createLog('silent');
  const database = connectDatabase({ url, clock, log });
  const defaultModelId = 'bench-model';
  const directory = storeDirectory({
    database,
    clock,
    ids: randomIds(),
    defaultModelId,
    seal: (secret) => secret,
    log,
  });
  try {
    await directory.load();
    const tookMs: number[] = [];
    for (let i = 0; i < count; i++) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const startedMs = performance.now();
      const number = directory.findNumber(e164);
      const agent = number && directory.findAgent(number.agentId, servingVersion(number, `client:bench-${i}`));
      tookMs.push(performance.now() - startedMs);
      if (!agent) throw new Error(`nobody answers ${e164}`);
    }
    return summaryOf(tookMs);
  } finally {
    directory.close();
    await database.close();
  }
}
