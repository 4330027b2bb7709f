import { type AwsPlace, awsSettings } from '../aws.js';
import { lazyClient } from '../lazy-client.js';

const INACTIVITY_LIMIT_MS = 30_000;

/** A client of S3 Vectors; how often it asks depends on whether a caller waits. */
export function vectorsClient(place: AwsPlace, maxAttempts: number) {
  return lazyClient(
    () => import('@aws-sdk/client-s3vectors'),
    (sdk) => new sdk.S3VectorsClient(awsSettings(place, { maxAttempts, inactivityLimitMs: INACTIVITY_LIMIT_MS })),
  );
}

export type VectorsClient = ReturnType<typeof vectorsClient>;

/** An index by its names. */
export interface IndexName {
  readonly vectorBucketName: string;
  readonly indexName: string;
}
