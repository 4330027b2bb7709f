import { BridgeError } from '../errors.js';
import { type FailureReason, inWords, reasonBehind, type Trouble, toolFailed, troubleOf } from '../service-failure.js';
import { MAX_WORDS, plainWords } from './plain-words.js';

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
  const { retryable, words, details, cause } = options;
  const said = words === undefined ? undefined : plainWords(words, MAX_WORDS - who.length - 2);
  const message = said ? `${who}: ${said}` : inWords(who, reason);
  return toolFailed(reason, message, { details: { ...details, ...(retryable !== undefined && { retryable }) }, cause });
}

/** For one whose signal aborted: nobody waits for the answer any more. */
export function givenUp(who: string, cause?: unknown): BridgeError {
  return failure('cancelled', who, { cause });
}

/** How errors name the agent, and the place where the bridge gets its token, to the model. */
export const WHO = 'the agent';
export const SIGN_IN = 'the sign-in to the agent';

/** AgentCore in place of what its container answered. */
const OF_CONTAINER = /^Received error \(\d+\) from runtime/;

/** The failure behind anything thrown on the way to an answer; one that is a BridgeError already stays as it is. */
export function failureOf(error: unknown, who: string, signal: AbortSignal): BridgeError {
  if (signal.aborted) return givenUp(who, error);
  if (error instanceof BridgeError) return error;
  return failureFrom(troubleOf(error), who, error);
}

/** Reasons that pass, or that nobody waits for: they say nothing of who we are. */
const NO_SIGN_IN = ['unavailable', 'throttled', 'cancelled'];

/** The failure behind an error on the way to a token or secret: what is no passing trouble is one of credentials. */
export function signInFailureOf(error: unknown, signal: AbortSignal): BridgeError {
  const found = failureOf(error, SIGN_IN, signal);
  const { reason, status: tokenStatus, ...details } = found.details;
  if (found === error || NO_SIGN_IN.includes(String(reason))) return found;
  return failure('credentials', WHO, { retryable: false, details: { ...details, tokenStatus }, cause: error });
}

/** The failure for an error of a service, by its name, status and words. */
export function failureFrom(trouble: Trouble, who: string, cause?: unknown): BridgeError {
  const reason = reasonBehind(trouble);
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
