import pg from 'pg';
import { createLog } from '../log.js';
import { type EmbeddedServer, startEmbedded } from '../store/embedded/server.js';
import { temporaryDataDir } from '../store/embedded/temp-folder.js';

/** A database server for the bench, as the bridge brings it. */
export interface BenchDatabase {
  /** A new, empty database. */
  fresh(): Promise<string>;
  stop(): Promise<void>;
}

export async function startBenchDatabase(): Promise<BenchDatabase> {
  const log = createLog('silent');
  const data = await temporaryDataDir();
  const server: EmbeddedServer = await startEmbedded({ dataDir: data.path, log });
  let count = 0;
  return {
    async fresh() {
      const name = `bench_${++count}`;
      await run(server.url, `CREATE DATABASE ${name}`);
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      return url.href;
    },
    async stop() {
      await server.stop();
      await data.remove();
    },
  };
}

/** Runs statements on a connection of their own. */
export async function run(url: string, ...statements: string[]): Promise<pg.QueryResult[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const results: pg.QueryResult[] = [];
    for (const statement of statements) results.push(await client.query(statement));
    return results;
  } finally {
    await client.end();
  }
}

/** One keeps most of a core busy: with more, on two cores, calls wait for the processor and not for the database. */
const BUSY_CONNECTIONS = 1;
const BUSY_ROWS = 200;
const READ_ROWS = 20_000;
const BUSY_PAUSE_MS = 20;

/**
 * Writes and reads on several connections, in the same database, until what is answered is called; between them it asks
 * these `questions`.
 */
export async function keepBusy(url: string, questions: readonly string[] = []): Promise<() => Promise<void>> {
  let isBusy = true;
  await run(url, 'CREATE TABLE IF NOT EXISTS bench_load (id bigserial PRIMARY KEY, at timestamptz, words text)');
  const work = async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    while (isBusy) {
      await client.query(
        `INSERT INTO bench_load (at, words) SELECT now(), repeat(md5(n::text), 20) FROM generate_series(1, ${BUSY_ROWS}) n`,
      );
      // As much at the end of a run as at its beginning.
      await client.query(
        `SELECT count(*), max(length(words)) FROM (SELECT words FROM bench_load ORDER BY id DESC LIMIT ${READ_ROWS}) AS latest`,
      );
      for (const question of questions) await client.query(question);
      await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE_MS));
    }
    await client.end();
  };
  const working = Array.from({ length: BUSY_CONNECTIONS }, work);
  return async () => {
    isBusy = false;
    await Promise.all(working);
  };
}
