import { BridgeError, messageOf } from './errors.js';

/** Why whoever a tool asked gave no answer; in `details.reason` of TOOL_FAILED. */
export type FailureReason =
  | 'throttled'
  /** The thing asked for is being changed. */
  | 'conflict'
  | 'refused'
  | 'not-found'
  /** The bridge is not let in: it says so wrongly who it is, or lacks the right. */
  | 'credentials'
  | 'unavailable'
  /** In its own words, it could not do it. */
  | 'agent-error'
  | 'truncated'
  | 'bad-answer'
  /** Nobody waits for it any more. */
  | 'cancelled';

/** What the model is told when the service's own words would mean nothing to a caller. */
const WORDS: Readonly<Record<FailureReason, string>> = {
  throttled: 'is busy at the moment',
  conflict: 'is busy at the moment',
  refused: 'refused the request',
  'not-found': 'does not exist',
  credentials: 'does not let this telephone system in',
  unavailable: 'cannot be reached at the moment',
  'agent-error': 'could not do it',
  truncated: 'broke off before it had answered',
  'bad-answer': 'answered in a way that cannot be read',
  cancelled: 'is not waited for any more',
};

/** Asking again in a moment may help. */
const RETRYABLE: ReadonlySet<FailureReason> = new Set(['throttled', 'conflict', 'unavailable', 'truncated']);

/** "the agent is busy at the moment" */
export function inWords(who: string, reason: FailureReason): string {
  return `${who} ${WORDS[reason]}`;
}

/** TOOL_FAILED with its reason and whether it is worth a second try, unless `details` say otherwise. */
export function toolFailed(
  reason: FailureReason,
  message: string,
  { details, cause }: { details?: Readonly<Record<string, unknown>> | undefined; cause?: unknown } = {},
): BridgeError {
  const known = { reason, retryable: RETRYABLE.has(reason) };
  return new BridgeError('TOOL_FAILED', message, { ...known, ...details }, { cause });
}

/** An error of a service, or of the way to it. */
export interface Trouble {
  /** The service's or Node's name of the error: `ThrottlingException`, `ECONNREFUSED`. */
  readonly name: string;
  /** Of HTTP, as far as there was an answer; also of one that could not be parsed (a proxy's web page). */
  readonly status?: number | undefined;
  readonly message: string;
}

/** What anything that was thrown says of itself. */
export function troubleOf(error: unknown): Trouble {
  // The SDK adds advice for programmers to what it could not read.
  const message = messageOf(error).split(/\s+Deserialization error:/)[0]!;
  if (typeof error !== 'object' || error === null) return { name: 'Error', status: undefined, message };
  const { name, code, $metadata, $response } = error as {
    name?: unknown;
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
    $response?: { statusCode?: number };
  };
  const isSystemCode = typeof code === 'string' && /^[A-Z_]+$/.test(code);
  return {
    name: isSystemCode ? code : String(name ?? 'Error'),
    status: $metadata?.httpStatusCode ?? $response?.statusCode,
    message,
  };
}

/** Errors of AWS services and of Node. */
const BY_NAME: readonly (readonly [RegExp, FailureReason])[] = [
  [/^(?:Throttl|TooManyRequests|SlowDown|ServiceQuotaExceeded|LimitExceeded|ModelNotReady)/, 'throttled'],
  [/^(?:ResourceNotFound|NotFound|ModelNotFound)/, 'not-found'],
  [/^(?:Retryable)?Conflict/, 'conflict'],
  [/^(?:Validation|Serialization|InvalidInput|SubscriptionRequired)/, 'refused'],
  [/^(?:AccessDenied|Unauthorized|UnrecognizedClient|Kms|ExpiredToken|InvalidSignature)/, 'credentials'],
  [/^(?:InvalidClientTokenId|IncompleteSignature|MissingAuth|SignatureDoesNotMatch)/, 'credentials'],
  [/^(?:CredentialsProvider|TokenProvider)/, 'credentials'],
  // JSON that is nested without end, or does not end.
  [/^(?:RangeError|AnswerTooLong)$/, 'bad-answer'],
  [/^(?:BadGateway|InternalServer|ServiceUnavailable|ServiceException)/, 'unavailable'],
  [/^(?:RuntimeClientError|DependencyFailed)/, 'agent-error'],
  [/^(?:ECONN|ENOTFOUND|EAI_|EHOST|ENET|EPIPE|ETIMEDOUT|TimeoutError)/, 'unavailable'],
  [/^(?:CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/, 'unavailable'],
];

/** The reason behind an error's name, else behind its HTTP status; without one the service was never reached. */
export function reasonBehind({ name, status, message }: Trouble): FailureReason {
  // The container never came up: nothing that the agent itself said.
  if (/initialization time exceeded/i.test(message)) return 'unavailable';
  // What Node says of a response, and the SDK of a frame, that ends too early.
  if (/^(?:aborted$|Truncated event message)/.test(message)) return 'truncated';
  const known = BY_NAME.find(([pattern]) => pattern.test(name));
  return known ? known[1] : reasonOfStatus(status);
}

function reasonOfStatus(status: number | undefined): FailureReason {
  if (status === undefined) return 'unavailable';
  if (status === 429 || status === 402) return 'throttled';
  if (status === 401 || status === 403) return 'credentials';
  if (status === 404) return 'not-found';
  if (status === 409) return 'conflict';
  if (status === 424) return 'agent-error';
  if (status >= 500 || status === 408) return 'unavailable';
  return status >= 400 ? 'refused' : 'bad-answer';
}
