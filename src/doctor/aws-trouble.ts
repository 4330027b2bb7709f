import { messageOf } from '../errors.js';
import type { Trouble } from './check.js';
import { networkTrouble } from './network-trouble.js';

/** An error of any AWS service, as far as its name says what to do; the same for the model and for S3. */
export function awsTrouble(
  error: { name: string; message: string; cause?: unknown },
  host: string,
): Trouble | undefined {
  const { name } = error;
  const message = wordsOf(error.message);
  const isAbout = (names: RegExp) => names.test(name);
  const failed = (says: string, advice: string): Trouble => ({ state: 'failed', says: `${says}: ${message}`, advice });
  if (isAbout(/^ExpiredToken/) || /security token.*expired/i.test(message)) {
    return failed(
      'the temporary credentials have expired',
      'Renew them (aws sso login, a new assume-role), or give the bridge a role that renews itself.',
    );
  }
  if (isAbout(/^(UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId)/)) {
    return failed(
      'AWS does not know this access key',
      'It was deleted or mistyped, belongs to another partition, or AWS_SESSION_TOKEN is missing or left over from another key.',
    );
  }
  if (isAbout(/^(InvalidSignature|SignatureDoesNotMatch|RequestTimeTooSkewed|RequestExpired)/)) {
    return /expired|not yet current|too large|skew/i.test(message) || isAbout(/^Request/)
      ? failed(
          'AWS refuses the time in the signature',
          'Put the clock of this machine right (NTP): five minutes are the limit.',
        )
      : failed(
          'AWS refuses the signature',
          'The secret access key does not belong to the access key id, the end point is of another region than AWS_REGION, or a proxy on the way changes the request.',
        );
  }
  if (isAbout(/^CredentialsProviderError/)) return failed('no credentials', NO_CREDENTIALS);
  if (isAbout(/^(Throttl|TooManyRequests|SlowDown|ServiceQuotaExceeded|RequestLimitExceeded)/)) {
    return failed(
      'AWS has no room for it at the moment',
      'Ask again in a minute. If it stays: raise the quotas of the account in this region (Service Quotas, Amazon Bedrock); each call holds one session, and two for a moment when a stream is renewed.',
    );
  }
  if (isAbout(/^(InternalServer|InternalFailure|InternalError|ServiceUnavailable|ModelStreamError|ModelTimeout)/)) {
    return failed('the service has trouble', 'Ask again in a minute; AWS Health Dashboard tells of larger ones.');
  }
  return networkTrouble(error, host);
}

export const NO_CREDENTIALS =
  'Give the bridge a role (EC2, ECS, EKS), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.';

/** Name and words of whatever the SDK threw. */
export function asAwsError(error: unknown): { name: string; message: string; cause: unknown } {
  const name = error instanceof Error ? error.name : '';
  return { name, message: messageOf(error), cause: error };
}

function wordsOf(message: string): string {
  return message.replace(/\s+/g, ' ').trim();
}
