import { BridgeError, messageOf } from '../errors.js';

/** Why a service did not do what it was asked for. */
export type FailureReason =
  | 'throttled'
  | 'refused'
  | 'not-found'
  | 'conflict'
  | 'credentials'
  | 'unavailable'
  | 'bad-answer';

const BY_NAME: readonly (readonly [RegExp, FailureReason])[] = [
  [/^(?:Throttl|TooManyRequests|SlowDown|ServiceQuotaExceeded|ModelNotReady)/, 'throttled'],
  [/^(?:ResourceNotFound|NotFound|ModelNotFound)/, 'not-found'],
  [/^Conflict/, 'conflict'],
  [/^(?:Validation|Serialization)/, 'refused'],
  [/^(?:AccessDenied|Kms|UnrecognizedClient|ExpiredToken|InvalidSignature|InvalidClientTokenId)/, 'credentials'],
  [/^(?:IncompleteSignature|MissingAuth|SignatureDoesNotMatch|CredentialsProvider|TokenProvider)/, 'credentials'],
];

/** By the name that the service gave the error, else by its status; without one it was never reached. */
export function reasonOf(error: unknown): FailureReason {
  const { name, status } = serviceErrorOf(error);
  const known = BY_NAME.find(([pattern]) => pattern.test(name));
  if (known) return known[1];
  if (status === undefined || status >= 500 || status === 408 || status === 424) return 'unavailable';
  if (status === 429) return 'throttled';
  if (status === 401 || status === 403) return 'credentials';
  if (status === 404) return 'not-found';
  return status >= 400 ? 'refused' : 'bad-answer';
}

/** What the model is told: it can be spoken, and says nothing of how the bridge is built. */
const SPOKEN: Readonly<Record<FailureReason, string>> = {
  throttled: 'is busy at the moment',
  refused: 'did not take the question',
  'not-found': 'does not exist',
  conflict: 'is busy at the moment',
  credentials: 'does not let this telephone system in',
  unavailable: 'cannot be reached at the moment',
  'bad-answer': 'answered in a way that cannot be read',
};

const RETRYABLE: readonly FailureReason[] = ['throttled', 'conflict', 'unavailable'];

/** Of a call: TOOL_FAILED with words for the model, and for operators the service's own in `details.service`. */
export function searchFailure(error: unknown, who: string, signal?: AbortSignal): BridgeError {
  if (error instanceof BridgeError) return error;
  const reason = signal?.aborted ? 'unavailable' : reasonOf(error);
  const retryable = !signal?.aborted && RETRYABLE.includes(reason);
  return toolFailed(reason, who, retryable, error);
}

/** An answer that is none. */
export function unreadableAnswer(who: string, what: string): BridgeError {
  return toolFailed('bad-answer', who, false, new Error(what));
}

function toolFailed(reason: FailureReason, who: string, retryable: boolean, cause: unknown): BridgeError {
  const details = { reason, retryable, service: wordsOf(cause) };
  return new BridgeError('TOOL_FAILED', `${who} ${SPOKEN[reason]}`, details, { cause });
}

/**
 * Of administration, in the service's words: NOT_FOUND, CONFLICT, REQUEST_INVALID, TOO_MANY_REQUESTS; AWS_REFUSED when
 * the bridge lacks the right, AWS_UNREACHABLE when there was no answer that can be used.
 */
export function administrationFailure(error: unknown, who: string): BridgeError {
  if (error instanceof BridgeError) return error;
  const reason = reasonOf(error);
  const message = `${who}: ${wordsOf(error)}`;
  switch (reason) {
    case 'not-found':
      return new BridgeError('NOT_FOUND', message, {}, { cause: error });
    case 'conflict':
      return new BridgeError('CONFLICT', message, {}, { cause: error });
    case 'refused':
      return new BridgeError('REQUEST_INVALID', message, {}, { cause: error });
    case 'throttled':
      return new BridgeError('TOO_MANY_REQUESTS', message, {}, { cause: error });
    case 'credentials':
      return new BridgeError('AWS_REFUSED', message, {}, { cause: error });
    case 'unavailable':
    case 'bad-answer':
      return new BridgeError('AWS_UNREACHABLE', message, {}, { cause: error });
  }
}

const MAX_WORDS = 500;

function wordsOf(error: unknown): string {
  const { name } = serviceErrorOf(error);
  const words = messageOf(error).replace(/\s+/g, ' ').slice(0, MAX_WORDS);
  // A proxy's page says nothing to anybody.
  return /<\s*(?:!doctype|html|body)\b/i.test(words) ? name : `${name}: ${words}`;
}

function serviceErrorOf(error: unknown): { name: string; status: number | undefined } {
  if (typeof error !== 'object' || error === null) return { name: 'Error', status: undefined };
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
  };
}
