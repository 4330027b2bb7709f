import pg from 'pg';

/** What came of trying to take the lock that says "this bridge's data directory"; `lost` resolves with its connection's end. */
export type LockAttempt =
  | { readonly at: 'held'; readonly client: pg.Client; readonly lost: Promise<void> }
  /** Another bridge has it. */
  | { readonly at: 'taken' }
  /** The server is starting, stopping, gone or too busy: look again. */
  | { readonly at: 'away'; readonly cause: unknown }
  /** The server runs but cannot be reached, or does not take us. */
  | { readonly at: 'refused'; readonly cause: unknown };

/** Two numbers: a space of its own beside the locks of one number that migrations and writers take. */
const LOCK = '1869766004, 1';
/** The session of a bridge that was killed ends a moment after it. */
const LOCK_LIMIT_MS = 1000;
const CONNECT_LIMIT_MS = 5000;

const LOCK_NOT_AVAILABLE = '55P03';
/** No socket where the server says it is, or a server that does not know this user. Everything else may pass. */
const REFUSED = new Set(['ENOENT', 'ECONNREFUSED', 'EACCES', '28000', '28P01']);

/** Takes the session lock on a connection that is held for as long as the lock is. */
export async function takeLock(url: string): Promise<LockAttempt> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    application_name: 'oratio-voice-bridge lock',
  });
  const lost = new Promise<void>((resolve) => client.once('end', resolve));
  // Errors of the connection itself also come as rejections, or as `end` once it stands.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(`SET lock_timeout = ${LOCK_LIMIT_MS}`);
    await client.query(`SELECT pg_advisory_lock(${LOCK})`);
    return { at: 'held', client, lost };
  } catch (cause) {
    void client.end().catch(() => undefined);
    const { code = '' } = cause as { code?: string };
    if (code === LOCK_NOT_AVAILABLE) return { at: 'taken' };
    return { at: REFUSED.has(code) ? 'refused' : 'away', cause };
  }
}
