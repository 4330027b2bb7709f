import { crc32 } from 'node:zlib';
import { type Components, type DistanceMetric, distance, vectorFault } from './distance.js';
import { type Filter, type Metadata, parseFilter } from './filter.js';
import { metadataFault, metadataSize } from './metadata.js';
import { fieldProblem } from './problems.js';

/** What an index is created with; it can never be changed. */
export interface IndexShape {
  readonly vectorBucketName: string;
  readonly indexName: string;
  readonly indexArn: string;
  readonly dimension: number;
  readonly distanceMetric: DistanceMetric;
  readonly nonFilterableKeys: readonly string[];
  readonly createdMs: number;
}

export interface StoredVector {
  readonly key: string;
  readonly data: Components;
  readonly metadata: Metadata;
}

export interface FoundVector extends StoredVector {
  readonly distance: number;
}

/** A page of a list ends before this much was read, in bytes. */
const MAX_PAGE_BYTES = 1024 * 1024;

/** The vectors of one index. */
export class VectorIndex {
  readonly shape: IndexShape;
  readonly #vectors = new Map<string, StoredVector & { readonly order: number }>();

  constructor(shape: IndexShape) {
    this.shape = shape;
  }

  get size(): number {
    return this.#vectors.size;
  }

  /** Stores or replaces all vectors, or none: throws ValidationException for the first bad one. */
  put(vectors: readonly { key: string; data: readonly number[]; metadata?: unknown }[]): void {
    const { dimension, distanceMetric, nonFilterableKeys } = this.shape;
    const checked = vectors.map(({ key, data, metadata = {} }, position) => {
      const components = Float32Array.from(data);
      const refuse = (path: string, fault: string) =>
        fieldProblem(path, `Invalid record for key '${key}': ${fault}`, fault);
      const badVector = vectorFault(components, dimension, distanceMetric);
      if (badVector) throw refuse(`vectors[${position}]`, badVector);
      const badMetadata = metadataFault(metadata, nonFilterableKeys);
      if (badMetadata) throw refuse(`vectors[${position}].metadata`, badMetadata);
      return { key, data: components, metadata: metadata as Metadata, order: crc32(key) };
    });
    for (const vector of checked) this.#vectors.set(vector.key, vector);
  }

  /** Those that exist, in the order asked for. */
  get(keys: readonly string[]): StoredVector[] {
    return keys.map((key) => this.#vectors.get(key)).filter((vector) => vector !== undefined);
  }

  /** Keys that are not there are no mistake. */
  delete(keys: readonly string[]): void {
    for (const key of keys) this.#vectors.delete(key);
  }

  /**
   * Up to `limit` vectors behind the one named `after`, of one segment or all; `more` tells whether others follow.
   * The order is of the index's own, neither of keys nor of time.
   */
  list({ after, limit, segment }: { after?: string; limit: number; segment?: { index: number; count: number } }) {
    const isBehind = (order: number, key: string) => {
      if (after === undefined) return true;
      const start = crc32(after);
      return order > start || (order === start && key > after);
    };
    const candidates = [...this.#vectors.values()]
      .filter(({ order, key }) => isBehind(order, key) && (!segment || order % segment.count === segment.index))
      .sort((a, b) => a.order - b.order || (a.key < b.key ? -1 : 1));
    const vectors: StoredVector[] = [];
    let bytes = 0;
    for (const vector of candidates) {
      bytes += vector.key.length + vector.data.byteLength + metadataSize(vector.metadata);
      if (vectors.length === limit || (bytes > MAX_PAGE_BYTES && vectors.length > 0)) break;
      vectors.push(vector);
    }
    return { vectors, more: vectors.length < candidates.length };
  }

  /** The `topK` nearest among those that the filter lets through, nearest first. Throws ValidationException. */
  query(request: { topK: number; vector: readonly number[]; filter?: unknown }): FoundVector[] {
    const { dimension, distanceMetric, nonFilterableKeys } = this.shape;
    const vector = Float32Array.from(request.vector);
    const fault = vectorFault(vector, dimension, distanceMetric);
    if (fault) {
      const message = 'Query vector contains invalid values or is invalid for this index';
      throw fieldProblem('vector', message, `Invalid input: ${fault}`);
    }
    const matches: Filter = request.filter === undefined ? () => true : parseFilter(request.filter, nonFilterableKeys);
    return [...this.#vectors.values()]
      .filter(({ metadata }) => matches(metadata))
      .map(({ key, data, metadata }) => ({
        key,
        data,
        metadata,
        distance: distance(distanceMetric, vector, data),
      }))
      .sort((a, b) => a.distance - b.distance || (a.key < b.key ? -1 : 1))
      .slice(0, request.topK);
  }
}
