import pg from 'pg';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { listening } from './listening.js';
import { asStoreError } from './store-error.js';

/** Runs one statement; the rows as objects by column. */
export type Query = <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

/**
 * PostgreSQL as the rooms of the store use it. What fails because the server cannot be reached or answers too late is
 * STORE_UNAVAILABLE; everything else stays the error that `pg` made of it.
 */
export interface Database {
  readonly query: Query;
  /**
   * Commits what `work` did, or nothing of it when it throws. Never tried twice. After STORE_UNAVAILABLE it is unknown
   * whether it was committed: the connection may have been lost while the answer was under way.
   */
  transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result>;
  /**
   * Hears notifications of a channel on a connection of their own. That connection is made again whenever it is lost;
   * `connected` is called each time it stands, because what was notified before may have been missed.
   */
  listen(channel: string, heard: (payload: string) => void, connected: () => void): void;
  close(): Promise<void>;
}

/** Nobody waits longer than this for a connection or an answer, in ms: the request is told, writes are tried again. */
const CONNECT_LIMIT_MS = 3000;
const ANSWER_LIMIT_MS = 10_000;

export interface DatabaseOptions {
  url: string;
  clock: Clock;
  log: Logger;
  maxConnections?: number;
  connectLimitMs?: number;
  answerLimitMs?: number;
}

export function connectDatabase(options: DatabaseOptions): Database {
  const { url, clock, log, maxConnections = 10 } = options;
  const { connectLimitMs = CONNECT_LIMIT_MS, answerLimitMs = ANSWER_LIMIT_MS } = options;
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: connectLimitMs,
    query_timeout: answerLimitMs,
    // The server gives up as well: nothing of ours holds locks when its bridge is gone or has stopped waiting.
    statement_timeout: answerLimitMs,
    idle_in_transaction_session_timeout: answerLimitMs,
    application_name: 'oratio-voice-bridge',
    keepAlive: true,
  });
  // A connection that breaks while nobody uses it; the pool makes another one when it is needed.
  pool.on('error', (error) => log.debug({ err: error, code: 'STORE_UNAVAILABLE' }, 'database connection lost'));
  const ears = listening({ url, connectLimitMs, clock, log });
  let closing: Promise<void> | undefined;

  return {
    async query<Row extends object>(sql: string, values: readonly unknown[] = []) {
      try {
        return (await pool.query<Row & pg.QueryResultRow>(sql, [...values])).rows as Row[];
      } catch (error) {
        throw asStoreError(error);
      }
    },

    async transaction(work) {
      const client = await pool.connect().catch((error: unknown) => {
        throw asStoreError(error);
      });
      let broken: Error | undefined;
      const lost = (error: Error) => {
        broken = error;
      };
      // Lost between two statements: nobody else hears it, and an error that nobody hears ends the process.
      client.on('error', lost);
      try {
        await client.query('BEGIN');
        const result = await work(async <Row extends object>(sql: string, values: readonly unknown[] = []) => {
          const answer = await client.query<Row & pg.QueryResultRow>(sql, [...values]);
          return answer.rows as Row[];
        });
        // The server answers COMMIT of a transaction in which something failed with ROLLBACK, and no error.
        const { command } = await client.query('COMMIT');
        if (command !== 'COMMIT') throw new Error('a statement of the transaction failed and its error was lost');
        return result;
      } catch (error) {
        const storeError = asStoreError(error);
        if (storeError !== error) broken ??= storeError as Error;
        else if (!broken) await client.query('ROLLBACK').catch(lost);
        throw storeError;
      } finally {
        client.off('error', lost);
        // A connection in an unknown state is thrown away.
        client.release(broken);
      }
    },

    listen: ears.listen,

    close() {
      closing ??= (async () => {
        await ears.close();
        await pool.end();
      })();
      return closing;
    },
  };
}
