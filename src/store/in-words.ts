import { BridgeError, messageOf } from '../errors.js';
import { isAway } from './store-error.js';

/** SQLSTATEs of a server that is there and refuses us: log-in, database, rights. */
const REFUSED_STATES = /^(28|3D000|3F000|42501|25006)/;
/** What `pg` says when the server asks for a password and it has none. */
const NO_PASSWORD = /client password must be a string/;

/**
 * What stands in the way of opening the database, for whoever starts the bridge, never with the password:
 * CONFIG_INVALID when it refuses us, STORE_UNAVAILABLE when it is away. Everything else stays what it was.
 */
export function inWords(error: unknown, url: string): unknown {
  if (error instanceof BridgeError) return error;
  const { code = '' } = error as { code?: string };
  if (REFUSED_STATES.test(code)) return refused(error, url);
  if (!isAway(error)) return error;
  return new BridgeError(
    'STORE_UNAVAILABLE',
    `The database ${placeOf(url)} cannot be reached (${messageOf(error) || code}): start it, or check DATABASE_URL.`,
    { code },
    { cause: error },
  );
}

/** The same for a failed attempt to connect: what is not away does not let us in, be it for a password or for TLS. */
export function notLetIn(error: unknown, url: string): unknown {
  return error instanceof BridgeError || isAway(error) ? inWords(error, url) : refused(error, url);
}

function refused(error: unknown, url: string): BridgeError {
  const { code = '' } = error as { code?: string };
  const message = messageOf(error);
  const reason = NO_PASSWORD.test(message) ? 'it asks for a password' : message || code;
  return new BridgeError(
    'CONFIG_INVALID',
    `The database ${placeOf(url)} refuses the bridge (${reason}): check DATABASE_URL and the rights of its user, who must be able to create tables.`,
    { code },
    { cause: error },
  );
}

/** Host and database without user and password. */
function placeOf(url: string): string {
  if (!URL.canParse(url)) return 'of DATABASE_URL';
  const { host, pathname, searchParams } = new URL(url);
  return `at ${searchParams.get('host') ?? host}${pathname}`;
}
