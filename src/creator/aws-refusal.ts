import { BridgeError } from '../errors.js';
import { type FailureReason, reasonBehind, troubleOf } from '../service-failure.js';

/** Trying again later may help; anything else has to be put right by somebody. */
const PASSING: ReadonlySet<FailureReason> = new Set([
  'throttled',
  'conflict',
  'unavailable',
  'truncated',
  'bad-answer',
]);
const MAX_WORDS = 500;

/**
 * AWS_REFUSED or AWS_UNREACHABLE for what a service threw. `needs` is told when a right is missing: "s3:PutObject on
 * arn:aws:s3:::agents/*". A BridgeError stays as it is.
 */
export function awsFailure(error: unknown, who: string, needs: string): BridgeError {
  if (error instanceof BridgeError) return error;
  const trouble = troubleOf(error);
  const reason = reasonBehind(trouble);
  const { name, message } = trouble;
  const words = `${name}: ${message.replace(/\s+/g, ' ').slice(0, MAX_WORDS)}`;
  if (PASSING.has(reason)) return new BridgeError('AWS_UNREACHABLE', `${who}: ${words}`, {}, { cause: error });
  const advice = reason === 'credentials' ? ` The bridge needs the right ${needs}.` : '';
  return new BridgeError(
    'AWS_REFUSED',
    `${who} refused. ${words}${/[.!?]$/.test(words) ? '' : '.'}${advice}`,
    {},
    { cause: error },
  );
}
