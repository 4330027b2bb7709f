import { asAwsError, awsTrouble } from './aws-trouble.js';
import type { Trouble } from './check.js';

/** What was tried with a bucket, in the words of a line. */
export interface BucketAttempt {
  readonly bucket: string;
  /** `s3://calls/of/ours/` */
  readonly place: string;
  readonly verb: 'list' | 'read';
  /** What to do when the credentials may not. */
  readonly allow: string;
  /** What to do when there is no such bucket. */
  readonly absent: string;
  /** What to look at when S3 says something new. */
  readonly settings: string;
}

/** Why a bucket cannot be used. Source: Amazon S3 API reference, error responses. */
export function bucketTrouble(error: unknown, attempt: BucketAttempt): Trouble {
  const { bucket, place, verb, allow, absent, settings } = attempt;
  const { name, message } = asAwsError(error);
  const { $metadata, $response } = error as { $metadata?: { httpStatusCode?: number }; $response?: unknown };
  const failed = (says: string, advice: string): Trouble => ({ state: 'failed', says, advice });
  // The answer to HEAD has no body that would name the error.
  const isBare = ['Unknown', 'UnknownError', '403'].includes(name);
  if (name === 'NoSuchBucket') return failed(`there is no bucket ${bucket}`, absent);
  if (/^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint|301)/.test(name)) {
    const region = regionIn($response);
    return failed(
      `the bucket ${bucket} is in ${region ?? 'another region'}`,
      `Use a bucket in the region of the bridge${region === undefined ? '' : `, or set AWS_REGION=${region}`}.`,
    );
  }
  if (/^(AccessDenied|Forbidden)/.test(name) || (isBare && $metadata?.httpStatusCode === 403)) {
    return failed(`these credentials may not ${verb} ${place}`, allow);
  }
  const trouble = awsTrouble({ ...asAwsError(error) }, `S3 (${bucket})`);
  return trouble ?? failed(`S3 (${bucket}): ${name}: ${message}`, `Check ${settings}.`);
}

function regionIn(response: unknown): string | undefined {
  const { headers } = (response ?? {}) as { headers?: Readonly<Record<string, string>> };
  return headers?.['x-amz-bucket-region'];
}
