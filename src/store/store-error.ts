import { BridgeError, messageOf } from '../errors.js';

/**
 * SQLSTATEs that say "not now": connection trouble (08), out of space, memory or connections (53), shutting down or
 * starting (57P), disk trouble (58), answered too late (57014, 25P03, 55P03), a server that became a read-only copy
 * (25006), and transactions that lost against another (40). Source: PostgreSQL manual, "Error Codes".
 */
const AWAY_STATES = /^(08|53|57P0|58|57014|25P03|55P03|25006|40001|40P01)/;

/** Codes that Node gives to what fails on the way to the server. */
const AWAY_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);

/** What `pg` says without a code: lost connections, limits that passed, a pool that was closed. */
const AWAY_WORDS = /timeout|terminated|connection ended|connection error|not queryable|calling end|client was closed/i;

/** Whether the server cannot be reached, or cannot do anything at the moment. */
export function isAway(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return AWAY_CODES.has(code) || (/^[0-9A-Z]{5}$/.test(code) && AWAY_STATES.test(code));
  return error instanceof Error && AWAY_WORDS.test(messageOf(error));
}

/** SQLSTATEs of a server that does not let us in: another password (28), another name of the database, one that is closed (55000). */
const SHUT_OUT_STATES = /^(28|3D000|55000)/;

/**
 * STORE_UNAVAILABLE for what passes by itself, or when a running bridge is let in again; everything else as it was.
 */
export function asStoreError(error: unknown): unknown {
  if (error instanceof BridgeError) return error;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && SHUT_OUT_STATES.test(code)) {
    const message = 'The database does not let the bridge in at the moment.';
    return new BridgeError('STORE_UNAVAILABLE', message, {}, { cause: error });
  }
  if (!isAway(error)) return error;
  return new BridgeError('STORE_UNAVAILABLE', 'The database cannot be reached at the moment.', {}, { cause: error });
}
