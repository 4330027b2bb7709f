import type { DistanceMetric } from './distance.js';
import { bucketNotFound, conflict, indexNotFound, validation } from './problems.js';
import { VectorIndex } from './vector-index.js';

export interface VectorBucket {
  readonly vectorBucketName: string;
  readonly vectorBucketArn: string;
  readonly createdMs: number;
  readonly indexes: Map<string, VectorIndex>;
}

/** How a request names an index: by its ARN, or by bucket and name. */
export interface IndexAddress {
  vectorBucketName?: string | undefined;
  indexName?: string | undefined;
  indexArn?: string | undefined;
}

export interface BucketAddress {
  vectorBucketName?: string | undefined;
  vectorBucketArn?: string | undefined;
}

/** The vector buckets of one account in one region. Its methods throw what the service would answer. */
export class VectorStore {
  readonly buckets = new Map<string, VectorBucket>();
  readonly #arnPrefix: string;

  constructor(region: string, accountId: string) {
    this.#arnPrefix = `arn:aws:s3vectors:${region}:${accountId}:bucket/`;
  }

  createBucket(vectorBucketName: string, createdMs: number): VectorBucket {
    if (!/^[a-z0-9][a-z0-9-]*[a-z0-9]$/.test(vectorBucketName)) throw validation('Invalid vector bucket name');
    if (this.buckets.has(vectorBucketName)) {
      throw conflict('A vector bucket with the specified name already exists');
    }
    const vectorBucketArn = this.#arnPrefix + vectorBucketName;
    const bucket = { vectorBucketName, vectorBucketArn, createdMs, indexes: new Map<string, VectorIndex>() };
    this.buckets.set(vectorBucketName, bucket);
    return bucket;
  }

  bucket({ vectorBucketName, vectorBucketArn }: BucketAddress): VectorBucket {
    if ((vectorBucketName === undefined) === (vectorBucketArn === undefined)) {
      throw validation('Must specify either vectorBucketName or vectorBucketArn but not both');
    }
    const bucket = this.buckets.get(vectorBucketName ?? this.#parseArn(vectorBucketArn ?? '').vectorBucketName);
    if (!bucket || (vectorBucketArn ?? bucket.vectorBucketArn) !== bucket.vectorBucketArn) throw bucketNotFound();
    return bucket;
  }

  deleteBucket(address: BucketAddress): void {
    const bucket = this.bucket(address);
    if (bucket.indexes.size > 0) throw conflict('The specified vector bucket is not empty');
    this.buckets.delete(bucket.vectorBucketName);
  }

  createIndex(
    bucket: VectorBucket,
    indexName: string,
    settings: {
      dimension: number;
      distanceMetric: DistanceMetric;
      nonFilterableKeys?: readonly string[];
      createdMs: number;
    },
  ): VectorIndex {
    if (!/^[a-z0-9][a-z0-9.-]*[a-z0-9]$/.test(indexName)) throw validation('Invalid index name');
    if (bucket.indexes.has(indexName)) throw conflict('An index with the specified name already exists');
    const { vectorBucketName, vectorBucketArn } = bucket;
    const indexArn = `${vectorBucketArn}/index/${indexName}`;
    const index = new VectorIndex({ nonFilterableKeys: [], ...settings, vectorBucketName, indexName, indexArn });
    bucket.indexes.set(indexName, index);
    return index;
  }

  index({ vectorBucketName, indexName, indexArn }: IndexAddress): VectorIndex {
    const byName = vectorBucketName !== undefined && indexName !== undefined;
    const isHalf = (vectorBucketName === undefined) !== (indexName === undefined);
    if (isHalf || byName === (indexArn !== undefined)) {
      throw validation('Must specify either indexArn or both vectorBucketName and indexName');
    }
    const name = indexArn === undefined ? { vectorBucketName, indexName } : this.#parseArn(indexArn);
    const index = this.buckets.get(name.vectorBucketName ?? '')?.indexes.get(name.indexName ?? '');
    if (!index || (indexArn ?? index.shape.indexArn) !== index.shape.indexArn) throw indexNotFound();
    return index;
  }

  deleteIndex(address: IndexAddress): void {
    const { vectorBucketName, indexName } = this.index(address).shape;
    this.buckets.get(vectorBucketName)?.indexes.delete(indexName);
  }

  #parseArn(arn: string): { vectorBucketName: string; indexName?: string | undefined } {
    const match = /^arn:aws[a-z-]*:s3vectors:[a-z0-9-]+:\d{12}:bucket\/([^/]+)(?:\/index\/([^/]+))?$/.exec(arn);
    if (!match?.[1]) throw validation('Invalid ARN');
    return { vectorBucketName: match[1], indexName: match[2] };
  }
}
