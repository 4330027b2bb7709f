import type { Finding } from './check.js';
import type { DatabaseFacts } from './database-server.js';

const OLDEST_VERSION = 140_000;
/** Webhooks read memory; the console and the lists feel it. */
const SLOW_MS = 50;

/** Whether the bridge can work on this database. `place` begins the sentence. */
export function judgeDatabase(facts: DatabaseFacts, place: string): Finding {
  const { version, migrations } = facts;
  if (facts.versionNumber < OLDEST_VERSION) {
    return failed(`${place} is PostgreSQL ${version}`, 'PostgreSQL 14 or newer is needed.');
  }
  if (facts.encoding !== 'UTF8') {
    return failed(
      `${place} is encoded in ${facts.encoding}`,
      "Make a database with ENCODING 'UTF8' and name that in DATABASE_URL.",
    );
  }
  if (facts.isReadOnly) {
    return failed(`${place} is a read-only copy`, 'Name the primary server in DATABASE_URL.');
  }
  if (migrations.unknown !== undefined) {
    return failed(
      `${place} was changed by another version of the bridge (migration ${migrations.unknown})`,
      'Run that version or a newer one, or use another database.',
    );
  }
  if (migrations.missingCount > 0 && !facts.mayCreate) {
    return failed(
      `${place} lacks ${migrations.missingCount} migrations, and its user may not create tables`,
      'GRANT CREATE ON SCHEMA public TO the user in DATABASE_URL, or make that user the owner of the database.',
    );
  }
  const tables =
    migrations.missingCount === 0
      ? 'tables are up to date'
      : `${migrations.missingCount} migrations will run at the next start`;
  const says = `${place}, PostgreSQL ${version}, ${tables}, answers in ${facts.latencyMs.toFixed(1)} ms`;
  if (facts.latencyMs <= SLOW_MS) return { state: 'ok', says };
  return {
    state: 'warning',
    says,
    advice: 'Calls do not wait for the database, but the console does: bring the two closer together.',
  };
}

function failed(says: string, advice: string): Finding {
  return { state: 'failed', says, advice };
}
