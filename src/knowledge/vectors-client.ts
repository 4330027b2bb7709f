import { type AwsPlace, awsSettings } from '../aws.js';
import { lazyClient } from '../lazy-client.js';

const INACTIVITY_LIMIT_MS = 30_000;
/** What a question may find is read up to here: a hundred vectors with all their metadata have 4 MB at the very most. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

/** A client of S3 Vectors; how often it asks, and how much it reads, depends on whether a caller waits: `isAsked`. */
export function vectorsClient(place: AwsPlace, maxAttempts: number, { isAsked = false } = {}) {
  return lazyClient(
    () => import('@aws-sdk/client-s3vectors'),
    (sdk) =>
      new sdk.S3VectorsClient(
        awsSettings(place, {
          maxAttempts,
          inactivityLimitMs: INACTIVITY_LIMIT_MS,
          opensEarly: isAsked,
          ...(isAsked && { maxAnswerBytes: MAX_ANSWER_BYTES }),
        }),
      ),
  );
}

export type VectorsClient = ReturnType<typeof vectorsClient>;

/** An index by its names. */
export interface IndexName {
  readonly vectorBucketName: string;
  readonly indexName: string;
}
