import {
  CreateIndexCommand,
  CreateVectorBucketCommand,
  type PutInputVector,
  PutVectorsCommand,
  QueryVectorsCommand,
  type QueryVectorsCommandInput,
  S3VectorsClient,
} from '@aws-sdk/client-s3vectors';
import { expect, onTestFinished } from 'vitest';
import { FakeClock } from '../../../src/clock.js';
import { type S3VectorsOptions, startS3Vectors } from '../../../src/emulator/vectors/server.js';
import { countingIds } from '../../../src/ids.js';

export const BUCKET = 'documents';
export const INDEX = { vectorBucketName: BUCKET, indexName: 'orders.v1' };

/** The stand-in and the real SDK on it. */
export async function connect(options: S3VectorsOptions = {}) {
  const clock = new FakeClock();
  const server = await startS3Vectors({ clock, ids: countingIds(), ...options });
  const { url, region, credentials } = server;
  const client = new S3VectorsClient({ endpoint: url, region, credentials, maxAttempts: 1 });
  onTestFinished(async () => {
    client.destroy();
    await server.close();
  });
  return { server, client, clock };
}

/** The stand-in with one index of three dimensions in one bucket. */
export async function connectToIndex(
  options: S3VectorsOptions & {
    distanceMetric?: 'cosine' | 'euclidean';
    dimension?: number;
    nonFilterableMetadataKeys?: string[];
  } = {},
) {
  const { distanceMetric = 'cosine', dimension = 3, nonFilterableMetadataKeys, ...rest } = options;
  const place = await connect(rest);
  const { client } = place;
  await client.send(new CreateVectorBucketCommand({ vectorBucketName: BUCKET }));
  const created = await client.send(
    new CreateIndexCommand({
      ...INDEX,
      dataType: 'float32',
      dimension,
      distanceMetric,
      ...(nonFilterableMetadataKeys && { metadataConfiguration: { nonFilterableMetadataKeys } }),
    }),
  );
  const put = (...vectors: PutInputVector[]) => client.send(new PutVectorsCommand({ ...INDEX, vectors }));
  const query = (request: Partial<QueryVectorsCommandInput> = {}) =>
    client.send(new QueryVectorsCommand({ ...INDEX, topK: 10, queryVector: { float32: [1, 0, 0] }, ...request }));
  return { ...place, indexArn: created.indexArn ?? '', put, query };
}

/** A vector along one axis, leaning a little to the next one. */
export function vector(key: string, float32: number[] = [1, 0, 0], metadata?: PutInputVector['metadata']) {
  return { key, data: { float32 }, ...(metadata !== undefined && { metadata }) };
}

export const refusal = (name: string, message?: string | RegExp) => {
  const status = name === 'NotFoundException' ? 404 : name === 'ConflictException' ? 409 : 400;
  return {
    name,
    $metadata: { httpStatusCode: status },
    ...(message !== undefined && { message: typeof message === 'string' ? message : expectMatching(message) }),
  };
};

const expectMatching = (pattern: RegExp) => expect.stringMatching(pattern) as string;
