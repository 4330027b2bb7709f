import { BridgeError, messageOf } from '../errors.js';
import { MAX_WORDS, plainWords } from './plain-words.js';

/** Why a runtime gave no answer; in `details.reason` of TOOL_FAILED. */
export type FailureReason =
  | 'throttled'
  | 'refused'
  | 'not-found'
  | 'unavailable'
  | 'agent-error'
  | 'truncated'
  | 'credentials'
  | 'bad-answer';

/** What the model is told when the service's own words would mean nothing to a caller. */
const WORDS: Readonly<Record<FailureReason, string>> = {
  throttled: 'is busy at the moment',
  refused: 'refused the request',
  'not-found': 'does not exist',
  unavailable: 'cannot be reached at the moment',
  'agent-error': 'could not do it',
  truncated: 'broke off before it had answered',
  credentials: 'does not accept the sign-in of this telephone system',
  'bad-answer': 'answered in a way that cannot be read',
};

/** Trying again at once may help. */
const RETRYABLE: ReadonlySet<FailureReason> = new Set(['throttled', 'unavailable', 'truncated']);

export interface FailureOptions {
  /** Instead of the reason's own. */
  readonly retryable?: boolean;
  /** What the system itself says; shown to the model as far as it is fit for that. */
  readonly words?: string | undefined;
  /** More for the operator. No secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** TOOL_FAILED with a message that the model can speak about: "the agent is busy at the moment". */
export function failure(reason: FailureReason, who: string, options: FailureOptions = {}): BridgeError {
  const { retryable = RETRYABLE.has(reason), words, details, cause } = options;
  const said = words === undefined ? undefined : plainWords(words, MAX_WORDS - who.length - 2);
  const message = said ? `${who}: ${said}` : `${who} ${WORDS[reason]}`;
  return new BridgeError('TOOL_FAILED', message, { ...details, reason, retryable }, { cause });
}

/** For one whose signal aborted: nobody waits for the answer any more. */
export function givenUp(who: string, cause?: unknown): BridgeError {
  return failure('unavailable', who, { words: 'is not waited for any more', retryable: false, cause });
}

/** How errors name the agent, and the place where the bridge gets its token, to the model. */
export const WHO = 'the agent';
export const SIGN_IN = 'the sign-in to the agent';

/** What `failure` makes of something that went wrong on the way to the words of an answer. */
export interface Trouble {
  /** The service's or Node's name of the error: `ThrottlingException`, `ECONNREFUSED`. */
  readonly name: string;
  readonly status?: number | undefined;
  readonly message: string;
}

const BY_NAME: readonly (readonly [RegExp, FailureReason])[] = [
  [/^(?:Throttl|TooManyRequests|SlowDown|ServiceQuotaExceeded|LimitExceeded)/, 'throttled'],
  [/^(?:ResourceNotFound|NotFound)/, 'not-found'],
  [/^(?:Validation|AccessDenied|InvalidInput|SubscriptionRequired)/, 'refused'],
  [
    /^(?:Unauthorized|UnrecognizedClient|ExpiredToken|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|CredentialsProvider)/,
    'credentials',
  ],
  [
    /^(?:RetryableConflict|Conflict|ModelNotReady|BadGateway|InternalServer|ServiceUnavailable|ServiceException)/,
    'unavailable',
  ],
  [/^(?:RuntimeClientError|DependencyFailed)/, 'agent-error'],
  [
    /^(?:ECONN|ENOTFOUND|EAI_|EHOST|ENET|EPIPE|ETIMEDOUT|TimeoutError|CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/,
    'unavailable',
  ],
];

/** The reason behind an error's name, else behind its HTTP status. */
export function reasonOf({ name, status, message }: Trouble): FailureReason {
  // The container never came up: nothing that the agent itself said.
  if (/initialization time exceeded/i.test(message)) return 'unavailable';
  // What Node says of a response, and the SDK of a frame, that ends too early.
  if (/^(?:aborted$|Truncated event message)/.test(message)) return 'truncated';
  const known = BY_NAME.find(([pattern]) => pattern.test(name));
  if (known) return known[1];
  if (status === undefined) return 'unavailable';
  if (status === 429 || status === 402) return 'throttled';
  if (status === 401) return 'credentials';
  if (status === 404) return 'not-found';
  if (status === 424) return 'agent-error';
  if (status >= 500 || status === 408 || status === 409) return 'unavailable';
  return status >= 400 ? 'refused' : 'bad-answer';
}

/** AgentCore in place of what its container answered. */
const OF_CONTAINER = /^Received error \(\d+\) from runtime/;

/** The failure behind anything thrown on the way to an answer; one that is a BridgeError already stays as it is. */
export function failureOf(error: unknown, who: string, signal: AbortSignal): BridgeError {
  if (signal.aborted) return givenUp(who, error);
  if (error instanceof BridgeError) return error;
  return failureFrom(troubleOf(error), who, error);
}

/** The failure behind an error on the way to a token or secret: what is no passing trouble is one of credentials. */
export function signInFailureOf(error: unknown, signal: AbortSignal): BridgeError {
  const found = failureOf(error, SIGN_IN, signal);
  const { reason, status: tokenStatus, ...details } = found.details;
  if (found === error || reason === 'unavailable' || reason === 'throttled') return found;
  return failure('credentials', WHO, { details: { ...details, tokenStatus }, cause: error });
}

/** The failure for an error of a service, by its name, status and words. */
export function failureFrom(trouble: Trouble, who: string, cause?: unknown): BridgeError {
  const reason = reasonOf(trouble);
  const { name, status, message } = trouble;
  const service = plainWords(`${name}: ${message}`);
  return failure(reason, who, {
    // Only an agent speaks of the caller's matter; other errors speak of requests, members and policies.
    ...(reason === 'agent-error' && !OF_CONTAINER.test(message) && { words: message }),
    ...(/^ServiceQuotaExceeded/.test(name) && { retryable: false }),
    details: { ...(service !== undefined && { service }), ...(status !== undefined && { status }) },
    cause,
  });
}

function troubleOf(error: unknown): Trouble {
  // The SDK adds advice for programmers to what it could not read.
  const message = messageOf(error).split(/\s+Deserialization error:/)[0]!;
  if (typeof error !== 'object' || error === null) return { name: 'Error', message };
  const { name = 'Error', code } = error as { name?: unknown; code?: unknown };
  const known = typeof code === 'string' && /^[A-Z_]+$/.test(code) ? code : String(name);
  return { name: known, status: statusOf(error), message };
}

/** The HTTP status in an error of the SDK, also of one about an answer that could not be parsed (a proxy's web page). */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { $metadata, $response } = error as {
    $metadata?: { httpStatusCode?: number };
    $response?: { statusCode?: number };
  };
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}
