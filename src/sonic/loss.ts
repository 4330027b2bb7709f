import type { VoiceLoss } from '../call/ports.js';
import type { StreamFailure } from './outcome.js';
import type { StreamOutcome } from './stream.js';

/**
 * Words that say more than the name of the error around them. Sources: Bedrock's own texts as users of the service report
 * them (livekit/agents 6010 and 6042, aws-samples/amazon-nova-samples 147, strands-agents).
 */
const WORDS: readonly (readonly [RegExp, VoiceLoss])[] = [
  // All under the name of a validation error, though nothing is wrong with what was sent.
  [/system instability detected/i, 'faulted'],
  [/blocked by our content filters/i, 'filtered'],
  [/timed out waiting for/i, 'expired'],
  [/model identifier|foundation model/i, 'refused'],
  // The service's own end of a stream that was silent for three minutes.
  [/RST_STREAM closed stream/i, 'expired'],
];

/** Names of errors without the word `Exception`. Source: Bedrock API reference, bidirectional stream and common errors. */
const NAMES: ReadonlyMap<string, VoiceLoss> = new Map([
  ['Throttling', 'throttled'],
  ['TooManyRequests', 'throttled'],
  ['ServiceQuotaExceeded', 'throttled'],
  ['ModelNotReady', 'throttled'],
  ['AccessDenied', 'refused'],
  ['UnrecognizedClient', 'refused'],
  ['InvalidClientTokenId', 'refused'],
  ['InvalidSignature', 'refused'],
  ['SignatureDoesNotMatch', 'refused'],
  ['IncompleteSignature', 'refused'],
  ['MissingAuthenticationToken', 'refused'],
  ['NotAuthorized', 'refused'],
  ['OptInRequired', 'refused'],
  ['ResourceNotFound', 'refused'],
  ['UnknownOperation', 'refused'],
  ['CredentialsProviderError', 'refused'],
  ['Validation', 'rejected'],
  ['ModelTimeout', 'expired'],
  ['ExpiredToken', 'expired'],
  ['RequestExpired', 'expired'],
  ['ModelStreamError', 'faulted'],
  ['ModelError', 'faulted'],
  ['InternalServer', 'faulted'],
  ['InternalFailure', 'faulted'],
  ['ServiceUnavailable', 'faulted'],
  ['ConnectionLost', 'unreachable'],
]);

/** For errors whose names nobody has told us. */
const STATUSES: ReadonlyMap<number, VoiceLoss> = new Map([
  [400, 'rejected'],
  [401, 'refused'],
  [403, 'refused'],
  [404, 'refused'],
  [429, 'throttled'],
]);

/** What a stream was lost to whose end nobody asked for. */
export function lossOf(outcome: StreamOutcome): VoiceLoss {
  if (outcome.kind !== 'failed') return 'ended';
  const loss = lossOfFailure(outcome);
  // With a status it never was a stream, whose time could have been up.
  if (loss === 'expired' && outcome.httpStatus !== undefined) return outcome.httpStatus === 408 ? 'faulted' : 'refused';
  return loss;
}

function lossOfFailure({ name, message, httpStatus }: StreamFailure): VoiceLoss {
  return (
    WORDS.find(([words]) => words.test(message))?.[1] ??
    NAMES.get(name.replace(/Exception$/, '')) ??
    STATUSES.get(httpStatus ?? 0) ??
    'faulted'
  );
}
