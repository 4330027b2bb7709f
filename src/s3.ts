import { type AwsPlace, awsSettings } from './aws.js';
import { lazyClient } from './lazy-client.js';

const ATTEMPTS = 3;
const INACTIVITY_LIMIT_MS = 30_000;

/** What fails is thrown as well: on its own the SDK writes to the console. */
const silent = () => undefined;
const NO_LOGGER = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/** A client of S3 for work that no caller waits for: what fails is tried again. */
export function lazyS3(place: AwsPlace) {
  return lazyClient(
    () => import('@aws-sdk/client-s3'),
    (sdk) =>
      new sdk.S3Client({
        ...awsSettings(place, { maxAttempts: ATTEMPTS, inactivityLimitMs: INACTIVITY_LIMIT_MS }),
        logger: NO_LOGGER,
        // An end point of one's own seldom knows buckets by their host names.
        ...(place.endpoint !== undefined && { forcePathStyle: true }),
      }),
  );
}
