import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { FakeClock } from '../../../src/clock.js';
import type { S3Emulator } from '../../../src/emulator/s3/contract.js';
import { startS3 } from '../../../src/emulator/s3/server.js';

export const BUCKET = 'calls';

/** A client of its own for an S3. */
export function clientOf(s3: S3Emulator, config: S3ClientConfig = {}): S3Client {
  const { url: endpoint, region, credentials } = s3;
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1, ...config });
  onTestFinished(() => client.destroy());
  return client;
}

/** An S3 with one bucket on a clock that stands still, and a client of it that asks once. */
export async function place(config: S3ClientConfig = {}) {
  const clock = new FakeClock();
  const s3 = await startS3({ buckets: [BUCKET], clock });
  onTestFinished(() => s3.close());
  return { clock, s3, client: clientOf(s3, config) };
}
