import type { AwsPlace } from '../aws.js';
import { BridgeError } from '../errors.js';
import type { Chunk } from './chunks.js';
import { EMBEDDING_DIMENSIONS, type Embeddings } from './embeddings.js';
import { administrationFailure } from './failure.js';
import { inParallel } from './in-parallel.js';
import { METADATA_KEY, NON_FILTERABLE_KEYS, TEXT_KEY } from './vector-passage.js';
import { type IndexName, vectorsClient } from './vectors-client.js';

/** What can be filtered by, beside `documentId`, `source` and `page`. */
export type DocumentMetadata = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface IndexedDocument {
  readonly documentId: string;
  readonly name: string;
  readonly source: string | null;
  readonly metadata: DocumentMetadata;
  readonly chunks: readonly Chunk[];
}

/** Documents in S3 Vectors indexes: their chunks under the keys `<documentId>#<n>`, counted from zero. */
export interface IndexDocuments {
  /** Instead of what was there of the document. Repeated after a failure it does what was left. Fails with NOT_FOUND, CONFLICT and the like. */
  put(index: IndexName & { embeddingModelId: string }, document: IndexedDocument, signal?: AbortSignal): Promise<void>;
  delete(index: IndexName, documentId: string, signal?: AbortSignal): Promise<void>;
  close(): void;
}

const EMBEDDED_AT_ONCE = 4;
/** Vectors in one request: half a megabyte of JSON, which holds up calls for a few milliseconds. */
const PUT_AT_ONCE = 25;
/** Most that GetVectors takes. */
const LOOKED_FOR_AT_ONCE = 100;
const ATTEMPTS = 6;
const WHO = 'S3 Vectors';

export function indexDocuments(options: { place: AwsPlace; embeddings: Embeddings }): IndexDocuments {
  const { place, embeddings } = options;
  const vectors = vectorsClient(place, ATTEMPTS);

  const dimensionsOf = async ({ vectorBucketName, indexName }: IndexName, signal: AbortSignal | undefined) => {
    const { sdk, client } = await vectors.open();
    const command = new sdk.GetIndexCommand({ vectorBucketName, indexName });
    const { index } = await client.send(command, { ...(signal && { abortSignal: signal }) });
    const keys = index?.metadataConfiguration?.nonFilterableMetadataKeys ?? [];
    const missing = NON_FILTERABLE_KEYS.filter((key) => !keys.includes(key));
    const what = `The index ${vectorBucketName}/${indexName}`;
    if (missing.length > 0) {
      throw new BridgeError('CONFLICT', `${what} was made without the non-filterable metadata ${missing.join(', ')}.`);
    }
    const dimensions = index?.dimension ?? 0;
    if (!EMBEDDING_DIMENSIONS.includes(dimensions)) {
      const possible = EMBEDDING_DIMENSIONS.join(', ');
      throw new BridgeError(
        'CONFLICT',
        `${what} has ${dimensions} dimensions; documents are embedded with ${possible}.`,
      );
    }
    return dimensions;
  };

  /** The number that no chunk from `first` on has reached. They follow each other: `put` begins and `remove` ends with the first. */
  const endOfChunks = async (
    { vectorBucketName, indexName }: IndexName,
    documentId: string,
    first: number,
    signal: AbortSignal | undefined,
  ): Promise<number> => {
    const { sdk, client } = await vectors.open();
    let end = first;
    for (;;) {
      const keys = keysOf(documentId, end, end + LOOKED_FOR_AT_ONCE);
      const command = new sdk.GetVectorsCommand({ vectorBucketName, indexName, keys });
      const found = (await client.send(command, { ...(signal && { abortSignal: signal }) })).vectors ?? [];
      if (found.length === 0) return end;
      end += LOOKED_FOR_AT_ONCE;
    }
  };

  /** Deletes the chunks from `first` on, the last ones first, so that what is left after a failure is found again. */
  const remove = async (
    index: IndexName,
    documentId: string,
    first: number,
    signal: AbortSignal | undefined,
  ): Promise<void> => {
    const { vectorBucketName, indexName } = index;
    const { sdk, client } = await vectors.open();
    for (let end = await endOfChunks(index, documentId, first, signal); end > first; end -= LOOKED_FOR_AT_ONCE) {
      const keys = keysOf(documentId, Math.max(first, end - LOOKED_FOR_AT_ONCE), end);
      const command = new sdk.DeleteVectorsCommand({ vectorBucketName, indexName, keys });
      await client.send(command, { ...(signal && { abortSignal: signal }) });
    }
  };

  return {
    async put(index, document, signal) {
      const { vectorBucketName, indexName, embeddingModelId } = index;
      const { documentId, chunks } = document;
      try {
        const model = { embeddingModelId, dimensions: await dimensionsOf(index, signal) };
        const { sdk, client } = await vectors.open();
        for (let from = 0; from < chunks.length; from += PUT_AT_ONCE) {
          const batch = chunks.slice(from, from + PUT_AT_ONCE);
          const embedded = await inParallel(batch, EMBEDDED_AT_ONCE, (chunk) =>
            embeddings.ofPassage(model, embeddedText(chunk), signal),
          );
          const command = new sdk.PutVectorsCommand({
            vectorBucketName,
            indexName,
            vectors: batch.map((chunk, i) => ({
              key: `${documentId}#${from + i}`,
              data: { float32: [...embedded[i]!] },
              metadata: metadataOf(document, chunk),
            })),
          });
          await client.send(command, { ...(signal && { abortSignal: signal }) });
        }
        await remove(index, documentId, chunks.length, signal);
      } catch (error) {
        throw administrationFailure(error, WHO);
      }
    },

    async delete(index, documentId, signal) {
      try {
        await remove(index, documentId, 0, signal);
      } catch (error) {
        throw administrationFailure(error, WHO);
      }
    },

    close: () => vectors.close(),
  };
}

function keysOf(documentId: string, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `${documentId}#${from + i}`);
}

/** The headings say what a chunk is about when its own words do not. */
function embeddedText({ heading, text }: Chunk): string {
  return heading === undefined ? text : `${heading}\n\n${text}`;
}

function metadataOf({ documentId, name, source, metadata }: IndexedDocument, { text, heading, page }: Chunk) {
  return {
    ...Object.fromEntries(
      Object.entries(metadata).map(([key, value]) => [key, Array.isArray(value) ? [...value] : value]),
    ),
    documentId,
    ...(source !== null && { source }),
    ...(page !== undefined && { page }),
    [TEXT_KEY]: text,
    [METADATA_KEY]: JSON.stringify({ name, ...(heading !== undefined && { heading }) }),
  };
}
