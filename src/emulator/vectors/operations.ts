import type { Members } from './members.js';
import { unreadable, validation } from './problems.js';
import type { BucketAddress, IndexAddress, VectorStore } from './store.js';
import { pageToken, readToken } from './token.js';
import type { IndexShape, StoredVector } from './vector-index.js';

/** What an operation needs beside its request. */
export interface VectorsContext {
  readonly store: VectorStore;
  /** Time of creation of what is created now, ms since the epoch. */
  readonly nowMs: number;
  /** Most results of one query. */
  readonly maxTopK: number;
  /** Throws AccessDeniedException where the account lacks the permission. */
  readonly demand: (action: string) => void;
}

type Operation = (input: Members, context: VectorsContext) => object;

const NAME = { min: 3, max: 63 };
const KEY = { min: 1, max: 1024 };
const ARN_LENGTH = 2048;
const TOKEN_LENGTH = 2048;
const ENCRYPTION = { sseType: 'AES256' };
/** Results of a query on one page. */
const QUERY_PAGE = 100;

/** The operations by name. Source: Amazon S3 API reference, Amazon S3 Vectors. */
export const operations: Readonly<Record<string, Operation>> = {
  CreateVectorBucket(input, { store, nowMs }) {
    const vectorBucketName = input.text('vectorBucketName', NAME.min, NAME.max);
    input.check();
    const { vectorBucketArn } = store.createBucket(vectorBucketName, nowMs);
    return { vectorBucketArn };
  },
  GetVectorBucket(input, { store }) {
    const { indexes: _indexes, createdMs, ...names } = store.bucket(bucketAddress(input));
    const vectorBucket = { ...names, creationTime: seconds(createdMs), encryptionConfiguration: ENCRYPTION };
    return { vectorBucket };
  },
  DeleteVectorBucket(input, { store }) {
    store.deleteBucket(bucketAddress(input));
    return {};
  },
  ListVectorBuckets(input, { store }) {
    const summaries = [...store.buckets.values()].map(({ indexes: _indexes, createdMs, ...names }) => ({
      ...names,
      creationTime: seconds(createdMs),
    }));
    return page(input, 'vectorBuckets', summaries, ({ vectorBucketName }) => vectorBucketName);
  },
  CreateIndex(input, { store, nowMs }) {
    const address = readBucketAddress(input);
    const indexName = input.text('indexName', NAME.min, NAME.max);
    input.oneOf('dataType', ['float32']);
    const dimension = input.integer('dimension', 1, 4096);
    const distanceMetric = input.oneOf('distanceMetric', ['euclidean', 'cosine']);
    const nonFilterableKeys =
      input
        .structure('metadataConfiguration')
        ?.texts('nonFilterableMetadataKeys', { min: 1, max: 10 }, { min: 1, max: 63 }) ?? [];
    input.check();
    const settings = { dimension, distanceMetric, nonFilterableKeys, createdMs: nowMs };
    const { shape } = store.createIndex(store.bucket(address), indexName, settings);
    return { indexArn: shape.indexArn };
  },
  GetIndex(input, { store }) {
    const { shape } = store.index(indexAddress(input));
    const { dimension, distanceMetric, nonFilterableKeys } = shape;
    const index = {
      ...indexSummary(shape),
      dataType: 'float32',
      dimension,
      distanceMetric,
      ...(nonFilterableKeys.length > 0 && {
        metadataConfiguration: { nonFilterableMetadataKeys: nonFilterableKeys },
      }),
      encryptionConfiguration: ENCRYPTION,
    };
    return { index };
  },
  DeleteIndex(input, { store }) {
    store.deleteIndex(indexAddress(input));
    return {};
  },
  ListIndexes(input, { store }) {
    const summaries = [...store.bucket(bucketAddress(input)).indexes.values()].map(({ shape }) => indexSummary(shape));
    return page(input, 'indexes', summaries, ({ indexName }) => indexName);
  },
  PutVectors(input, { store }) {
    const address = readIndexAddress(input);
    const vectors = input.structures('vectors', 1, 500).map((vector) => ({
      key: vector.text('key', KEY.min, KEY.max),
      data: float32(vector, 'data'),
      metadata: vector.document('metadata'),
    }));
    input.check();
    store.index(address).put(vectors);
    return {};
  },
  GetVectors(input, { store }) {
    const address = readIndexAddress(input);
    const keys = input.texts('keys', { min: 1, max: 100 }, KEY);
    input.check();
    const vectors = store.index(address).get(keys);
    return { vectors: vectors.map((vector) => vectorShape(vector, returned(input))) };
  },
  DeleteVectors(input, { store }) {
    const address = readIndexAddress(input);
    const keys = input.texts('keys', { min: 1, max: 500 }, KEY);
    input.check();
    store.index(address).delete(keys);
    return {};
  },
  ListVectors(input, { store, demand }) {
    const address = readIndexAddress(input);
    const limit = input.optionalInteger('maxResults', 1, 1000) ?? 500;
    const count = input.optionalInteger('segmentCount', 1, 16);
    const segmentIndex = input.optionalInteger('segmentIndex', 0, 15);
    const token = input.optionalText('nextToken', 1, TOKEN_LENGTH);
    input.check();
    if ((count === undefined) !== (segmentIndex === undefined)) {
      throw validation('Must specify both segmentCount and segmentIndex or neither');
    }
    if (count !== undefined && segmentIndex !== undefined && segmentIndex >= count) {
      throw validation('segmentIndex must be less than segmentCount');
    }
    const { data, metadata } = returned(input);
    if (data || metadata) demand('s3vectors:GetVectors');
    const index = store.index(address);
    const listing = `ListVectors ${index.shape.indexArn} ${segmentIndex} ${count}`;
    const { vectors, more } = index.list({
      ...(token !== undefined && { after: readToken(token, listing) }),
      limit,
      ...(count !== undefined && segmentIndex !== undefined && { segment: { index: segmentIndex, count } }),
    });
    const last = vectors.at(-1);
    return {
      vectors: vectors.map((vector) => vectorShape(vector, { data, metadata })),
      ...(more && last && { nextToken: pageToken(last.key, listing) }),
    };
  },
  QueryVectors(input, { store, maxTopK, demand }) {
    const address = readIndexAddress(input);
    const topK = input.integer('topK', 1, maxTopK);
    const vector = float32(input, 'queryVector');
    const token = input.optionalText('nextToken', 1, TOKEN_LENGTH);
    const withMetadata = input.flag('returnMetadata');
    const withDistance = input.flag('returnDistance');
    const filter = input.document('filter');
    input.check();
    if (withMetadata || filter !== undefined) demand('s3vectors:GetVectors');
    const index = store.index(address);
    const query = `QueryVectors ${index.shape.indexArn} ${topK} ${JSON.stringify([vector, filter])}`;
    const found = index.query({ topK, vector, filter });
    const start = token === undefined ? 0 : Number(readToken(token, query));
    const end = start + QUERY_PAGE;
    return {
      distanceMetric: index.shape.distanceMetric,
      vectors: found.slice(start, end).map(({ key, distance, metadata }) => ({
        key,
        ...(withDistance && { distance }),
        ...(withMetadata && { metadata }),
      })),
      ...(end < found.length && { nextToken: pageToken(String(end), query) }),
    };
  },
};

function readBucketAddress(input: Members): BucketAddress {
  return {
    vectorBucketName: input.optionalText('vectorBucketName', NAME.min, NAME.max),
    vectorBucketArn: input.optionalText('vectorBucketArn', 1, ARN_LENGTH),
  };
}

function bucketAddress(input: Members): BucketAddress {
  const address = readBucketAddress(input);
  input.check();
  return address;
}

function readIndexAddress(input: Members): IndexAddress {
  return {
    vectorBucketName: input.optionalText('vectorBucketName', NAME.min, NAME.max),
    indexName: input.optionalText('indexName', NAME.min, NAME.max),
    indexArn: input.optionalText('indexArn', 1, ARN_LENGTH),
  };
}

function indexAddress(input: Members): IndexAddress {
  const address = readIndexAddress(input);
  input.check();
  return address;
}

/** The SDK writes numbers that JSON has no form for as texts, and the service reads them. */
function float32(input: Members, name: string): readonly number[] {
  input.require(name);
  const components = input.structure(name)?.list('float32', 1, Number.POSITIVE_INFINITY) ?? [];
  return components.map((component) => {
    if (typeof component === 'number') return component;
    if (component === 'NaN' || component === 'Infinity' || component === '-Infinity') return Number(component);
    throw unreadable();
  });
}

const returned = (input: Members) => ({ data: input.flag('returnData'), metadata: input.flag('returnMetadata') });

function vectorShape({ key, data, metadata }: StoredVector, returned: { data: boolean; metadata: boolean }) {
  return { key, ...(returned.data && { data: { float32: [...data] } }), ...(returned.metadata && { metadata }) };
}

function indexSummary({ vectorBucketName, indexName, indexArn, createdMs }: IndexShape) {
  return { vectorBucketName, indexName, indexArn, creationTime: seconds(createdMs) };
}

/** Names in their order, up to `maxResults` of them that begin with `prefix`. */
function page<T>(input: Members, member: string, all: readonly T[], nameOf: (item: T) => string): object {
  const limit = input.optionalInteger('maxResults', 1, 500) ?? 500;
  const token = input.optionalText('nextToken', 1, TOKEN_LENGTH);
  const prefix = input.optionalText('prefix', 1, NAME.max) ?? '';
  input.check();
  const after = token === undefined ? '' : readToken(token, `${member} ${prefix}`);
  const rest = all
    .filter((item) => nameOf(item).startsWith(prefix) && nameOf(item) > after)
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return {
    [member]: items,
    ...(rest.length > limit && last && { nextToken: pageToken(nameOf(last), `${member} ${prefix}`) }),
  };
}

const seconds = (ms: number) => Math.floor(ms / 1000);
