import { BridgeError, type ErrorCode } from '../errors.js';
import { type FailureReason, inWords, reasonBehind, toolFailed, troubleOf } from '../service-failure.js';

/** Why a service did not do what it was asked for. No agent is behind it: what it depends on cannot be reached. */
export function reasonOf(error: unknown): FailureReason {
  const reason = reasonBehind(troubleOf(error));
  return reason === 'agent-error' ? 'unavailable' : reason;
}

/** Of a call: TOOL_FAILED with words for the model, and for operators the service's own in `details.service`. */
export function searchFailure(error: unknown, who: string, signal?: AbortSignal): BridgeError {
  if (error instanceof BridgeError) return error;
  const reason = signal?.aborted ? 'cancelled' : reasonOf(error);
  if (troubleOf(error).name === 'AnswerTooLong') {
    return toolFailed('bad-answer', `${who} found more than can be read`, {
      details: { service: wordsOf(error) },
      cause: error,
    });
  }
  const isQuota = /^ServiceQuotaExceeded/.test(troubleOf(error).name);
  const details = { service: wordsOf(error), ...(isQuota && { retryable: false }) };
  return toolFailed(reason, inWords(who, reason), { details, cause: error });
}

/** An answer that is none. */
export function unreadableAnswer(who: string, what: string): BridgeError {
  return toolFailed('bad-answer', inWords(who, 'bad-answer'), { details: { service: what } });
}

/**
 * Of administration, in the service's words: NOT_FOUND, CONFLICT, REQUEST_INVALID, TOO_MANY_REQUESTS; AWS_REFUSED when
 * the bridge lacks the right, AWS_UNREACHABLE when there was no answer that can be used.
 */
export function administrationFailure(error: unknown, who: string): BridgeError {
  if (error instanceof BridgeError) return error;
  return new BridgeError(ADMINISTRATION[reasonOf(error)], `${who}: ${wordsOf(error)}`, {}, { cause: error });
}

const ADMINISTRATION: Readonly<Record<FailureReason, ErrorCode>> = {
  'not-found': 'NOT_FOUND',
  conflict: 'CONFLICT',
  refused: 'REQUEST_INVALID',
  throttled: 'TOO_MANY_REQUESTS',
  credentials: 'AWS_REFUSED',
  unavailable: 'AWS_UNREACHABLE',
  'agent-error': 'AWS_UNREACHABLE',
  truncated: 'AWS_UNREACHABLE',
  'bad-answer': 'AWS_UNREACHABLE',
  cancelled: 'AWS_UNREACHABLE',
};

const MAX_WORDS = 500;

function wordsOf(error: unknown): string {
  const { name, message } = troubleOf(error);
  const words = message.replace(/\s+/g, ' ').slice(0, MAX_WORDS);
  // A proxy's page says nothing to anybody.
  return /<\s*(?:!doctype|html|body)\b/i.test(words) ? name : `${name}: ${words}`;
}
