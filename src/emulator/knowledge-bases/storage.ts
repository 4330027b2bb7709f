import { AwsProblem, invalid } from '../aws/problem.js';
import { Demands } from '../models/demands.js';
import type { Dimensions } from '../models/embedding.js';
import type { CollectionEmulator, VisibleIndex } from '../opensearch/server.js';
import type { VectorStore } from '../vectors/store.js';
import { VectorIndex } from '../vectors/vector-index.js';
import type { Storage } from './state.js';

/** The key that holds a chunk's text in S3 Vectors. It should be non-filterable there, or chunks may have no 2 KB. */
export const TEXT_KEY = 'AMAZON_BEDROCK_TEXT';
export const METADATA_KEY = 'AMAZON_BEDROCK_METADATA';

type Input = Readonly<Record<string, unknown>>;

const PATH = 'storageConfiguration';

/** Where vectors may go; without a collection, OpenSearch Serverless is taken at its word. */
export interface Stores {
  readonly vectors: VectorStore;
  readonly collection: Pick<CollectionEmulator, 'visibleIndex'> | undefined;
}

/**
 * Reads where vectors go and tries it, as the service does when a knowledge base is created. Those of OpenSearch
 * Serverless are kept here, whatever its collection is. Throws ValidationException.
 */
export function openStorage(configuration: Input, dimensions: Dimensions, stores: Stores): Storage {
  const demands = new Demands();
  const type = demands.oneOf(configuration, `${PATH}.type`, ['S3_VECTORS', 'OPENSEARCH_SERVERLESS'], true);
  demands.check();
  return type === 'S3_VECTORS'
    ? openS3Vectors(configuration, dimensions, stores.vectors)
    : openSearch(configuration, dimensions, stores.collection);
}

function openS3Vectors(configuration: Input, dimensions: Dimensions, vectors: VectorStore): Storage {
  const demands = new Demands();
  const path = `${PATH}.s3VectorsConfiguration`;
  const s3Vectors = demands.object(configuration, path, true);
  const indexArn = demands.text(s3Vectors, `${path}.indexArn`);
  const indexName = demands.text(s3Vectors, `${path}.indexName`, { min: 3, max: 63 });
  const bucketArn = demands.text(s3Vectors, `${path}.vectorBucketArn`);
  demands.check();
  const byName = bucketArn !== undefined && indexName !== undefined;
  if (byName === (indexArn !== undefined) || (indexArn !== undefined && indexName !== undefined)) {
    throw invalid('Specify either indexArn, or vectorBucketArn and indexName, in s3VectorsConfiguration.');
  }
  const index = () => vectors.index({ indexArn: indexArn ?? `${bucketArn}/index/${indexName}` });
  try {
    index().query({ topK: 1, vector: Array<number>(dimensions).fill(1) });
  } catch (error) {
    if (!(error instanceof AwsProblem)) throw error;
    throw invalid(`The knowledge base storage configuration provided is invalid... ${error.message}`);
  }
  return { type: 'S3_VECTORS', textKey: TEXT_KEY, metadataKey: METADATA_KEY, index };
}

function openSearch(configuration: Input, dimensions: Dimensions, where: Stores['collection']): Storage {
  const demands = new Demands();
  const path = `${PATH}.opensearchServerlessConfiguration`;
  const required = { required: true };
  const collection = demands.object(configuration, path, true);
  demands.text(collection, `${path}.collectionArn`, {
    required: true,
    pattern: /^arn:aws(-[^:]+)?:aoss:[a-z]{2}(-gov)?-[a-z]+-\d{1}:\d{12}:collection\/[a-z0-9-]{3,32}$/,
  });
  const indexName = demands.text(collection, `${path}.vectorIndexName`, required) ?? '';
  const mapping = demands.object(collection, `${path}.fieldMapping`, true);
  const vectorField = demands.text(mapping, `${path}.fieldMapping.vectorField`, required) ?? '';
  const textKey = demands.text(mapping, `${path}.fieldMapping.textField`, required) ?? '';
  const metadataKey = demands.text(mapping, `${path}.fieldMapping.metadataField`, required) ?? '';
  demands.check();
  if (where) checkIndex(where.visibleIndex(indexName), { indexName, vectorField, dimensions });
  const index = new VectorIndex({
    vectorBucketName: '',
    indexName,
    indexArn: '',
    dimension: dimensions,
    distanceMetric: 'cosine',
    nonFilterableKeys: [textKey, metadataKey],
    createdMs: 0,
  });
  return { type: 'OPENSEARCH_SERVERLESS', textKey, metadataKey, index: () => index };
}

/** What the service finds wrong with an index, in its words where they are known. */
function checkIndex(
  index: VisibleIndex | undefined,
  { indexName, vectorField, dimensions }: { indexName: string; vectorField: string; dimensions: number },
): void {
  const refuse = (why: string) => invalid(`The knowledge base storage configuration provided is invalid... ${why}`);
  const dependency = (status: number, why: string) =>
    refuse(`Dependency error document status code: ${status}, error message: ${why}`);
  if (!index) throw dependency(404, `no such index [${indexName}]`);
  const field = index.vectorFields.get(vectorField);
  if (!field) throw dependency(400, `failed to create query: Field '${vectorField}' is not knn_vector type.`);
  if (field.engine !== 'faiss') {
    throw refuse(
      'The OpenSearch Serverless engine type associated with your vector index is invalid. Recreate your vector index with one of the following valid engine types: FAISS. Then retry your request.',
    );
  }
  if (field.dimension !== dimensions) {
    const should = `Dimension should be: ${field.dimension}`;
    throw dependency(400, `Query vector has invalid dimension: ${dimensions}. ${should}`);
  }
}

/** How the service passes on what its vector store says. */
export const storeMessage = ({ message, status }: AwsProblem) =>
  `${message} (Service: S3Vectors, Status Code: ${status})`;

/** Does something with the vector store; its refusals become ValidationException. */
export function withStore<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof AwsProblem) throw invalid(storeMessage(error));
    throw error;
  }
}
