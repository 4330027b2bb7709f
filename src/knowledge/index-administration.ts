import type { AwsPlace } from '../aws.js';
import type { Page, PageRequest } from '../page.js';
import { cursorOf, positionOf } from './cursor.js';
import { administrationFailure, reasonOf } from './failure.js';
import { nestedPage } from './nested-lists.js';
import { NON_FILTERABLE_KEYS } from './vector-passage.js';
import { type IndexName, vectorsClient } from './vectors-client.js';

export interface IndexSummary extends IndexName {
  readonly indexArn: string;
  readonly createdAt: string | null;
}

export interface VectorIndex extends IndexSummary {
  readonly dimensions: number;
  readonly distanceMetric: 'cosine' | 'euclidean';
  /** Metadata that can be shown, not filtered by. */
  readonly nonFilterableKeys: string[];
}

/** What an index is for good. */
export interface IndexSettings extends IndexName {
  readonly dimensions: number;
  readonly distanceMetric: 'cosine' | 'euclidean';
}

/** S3 Vectors indexes, made and looked at. Fails with NOT_FOUND, CONFLICT, REQUEST_INVALID, AWS_REFUSED and the like. */
export interface IndexAdministration {
  /** Makes the bucket too when it is missing. One that is there already is CONFLICT. */
  create(settings: IndexSettings): Promise<VectorIndex>;
  get(name: IndexName): Promise<VectorIndex>;
  /** Of all buckets, or of one. Pages may be short. */
  list(page: PageRequest & { vectorBucketName?: string | undefined }): Promise<Page<IndexSummary>>;
  /** With all its vectors; the bucket stays. */
  delete(name: IndexName): Promise<void>;
  close(): void;
}

const ATTEMPTS = 3;
const WHO = 'S3 Vectors';
/** Most names on one page of the service. */
const MAX_PAGE = 500;

export function indexAdministration({ place }: { place: AwsPlace }): IndexAdministration {
  const vectors = vectorsClient(place, ATTEMPTS);

  const asked = async <Answer>(work: (opened: Awaited<ReturnType<typeof vectors.open>>) => Promise<Answer>) => {
    try {
      return await work(await vectors.open());
    } catch (error) {
      throw administrationFailure(error, WHO);
    }
  };

  const get = ({ vectorBucketName, indexName }: IndexName): Promise<VectorIndex> =>
    asked(async ({ sdk, client }) => {
      const { index } = await client.send(new sdk.GetIndexCommand({ vectorBucketName, indexName }));
      return {
        ...summaryOf(index ?? {}),
        dimensions: index?.dimension ?? 0,
        distanceMetric: index?.distanceMetric ?? 'cosine',
        nonFilterableKeys: index?.metadataConfiguration?.nonFilterableMetadataKeys ?? [],
      };
    });

  return {
    async create({ vectorBucketName, indexName, dimensions, distanceMetric }) {
      await asked(async ({ sdk, client }) => {
        await client.send(new sdk.GetVectorBucketCommand({ vectorBucketName })).catch(async (error: unknown) => {
          if (reasonOf(error) !== 'not-found') throw error;
          await client.send(new sdk.CreateVectorBucketCommand({ vectorBucketName })).catch((made: unknown) => {
            // Somebody else made it meanwhile.
            if (reasonOf(made) !== 'conflict') throw made;
          });
        });
        await client.send(
          new sdk.CreateIndexCommand({
            vectorBucketName,
            indexName,
            dataType: 'float32',
            dimension: dimensions,
            distanceMetric,
            metadataConfiguration: { nonFilterableMetadataKeys: [...NON_FILTERABLE_KEYS] },
          }),
        );
      });
      return get({ vectorBucketName, indexName });
    },

    get,

    list: ({ limit, cursor, vectorBucketName }) =>
      asked(async ({ sdk, client }) => {
        const { items, next } = await nestedPage(
          { limit, position: positionOf(cursor) },
          async (nextToken) => {
            if (vectorBucketName !== undefined) return { items: [vectorBucketName] };
            const page = await client.send(
              new sdk.ListVectorBucketsCommand({ maxResults: 1, ...(nextToken !== undefined && { nextToken }) }),
            );
            const names = (page.vectorBuckets ?? []).map((bucket) => bucket.vectorBucketName ?? '');
            return { items: names, nextToken: page.nextToken };
          },
          async (bucket, room, nextToken) => {
            const page = await client.send(
              new sdk.ListIndexesCommand({
                vectorBucketName: bucket,
                maxResults: Math.min(room, MAX_PAGE),
                ...(nextToken !== undefined && { nextToken }),
              }),
            );
            return { items: (page.indexes ?? []).map(summaryOf), nextToken: page.nextToken };
          },
        );
        return { items, nextCursor: cursorOf(next && { ...next }) };
      }),

    delete: ({ vectorBucketName, indexName }) =>
      asked(async ({ sdk, client }) => {
        await client.send(new sdk.DeleteIndexCommand({ vectorBucketName, indexName }));
      }),

    close: () => vectors.close(),
  };
}

function summaryOf(index: {
  vectorBucketName?: string | undefined;
  indexName?: string | undefined;
  indexArn?: string | undefined;
  creationTime?: Date | undefined;
}): IndexSummary {
  const { vectorBucketName = '', indexName = '', indexArn = '', creationTime } = index;
  return { vectorBucketName, indexName, indexArn, createdAt: creationTime?.toISOString() ?? null };
}
