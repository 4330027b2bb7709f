import type { AwsPlace } from '../aws.js';
import { readied } from '../early-connections.js';
import type { Embeddings } from './embeddings.js';
import { searchFailure } from './failure.js';
import type { Passage } from './passage.js';
import { answeredShortly, BEFORE_PARSING } from './short-answer.js';
import { shortVectors } from './short-passages.js';
import { passageOf } from './vector-passage.js';
import { type IndexName, vectorsClient } from './vectors-client.js';

export interface IndexTarget extends IndexName {
  readonly topK: number;
  readonly embeddingModelId: string;
  readonly dimensions: number;
  /** As S3 Vectors takes it; empty: none. */
  readonly filter: object;
  /** Where the text is in a vector's metadata. */
  readonly textKey: string;
}

export interface VectorIndexes {
  /** The passages nearest to a text, best first. Vectors without text are left out. Fails with TOOL_FAILED. */
  query(target: IndexTarget, text: string, signal?: AbortSignal): Promise<Passage[]>;
  /** Loads what the first question would have to wait for, and opens its connection. Rejects when there can be none. */
  load(): Promise<void>;
  close(): void;
}

/** Whoever runs tools asks again, once for all that a question needs. */
const ATTEMPTS = 1;
const WHO = 'the document search';

/** S3 Vectors indexes, asked without a knowledge base in between. */
export function vectorIndexes(options: { place: AwsPlace; embeddings: Embeddings }): VectorIndexes {
  const { place, embeddings } = options;
  const vectors = vectorsClient(place, ATTEMPTS, { isAsked: true });
  return {
    async query(target, text, signal) {
      const { vectorBucketName, indexName, topK, filter, textKey } = target;
      // The client is loaded meanwhile.
      const [{ sdk, client }, embedding] = await Promise.all([
        vectors.open(),
        embeddings.ofQuestion(target, text, signal),
      ]);
      const command = new sdk.QueryVectorsCommand({
        vectorBucketName,
        indexName,
        topK,
        queryVector: { float32: [...embedding] },
        // Its type is of JSON, which it is: it came as that.
        ...(Object.keys(filter).length > 0 && { filter: filter as Record<string, never> }),
        returnMetadata: true,
        returnDistance: true,
      });
      const shortly = answeredShortly(() => shortVectors(textKey));
      command.middlewareStack.add(shortly, BEFORE_PARSING);
      try {
        const found = await client.send(command, { ...(signal && { abortSignal: signal }) });
        const shape = { metric: found.distanceMetric, textKey };
        return (found.vectors ?? [])
          .map((vector) => passageOf(vector, shape))
          .filter((passage) => passage !== undefined)
          .sort((a, b) => b.score - a.score);
      } catch (error) {
        throw searchFailure(error, WHO, signal);
      }
    },

    async load() {
      const ready = async () => {
        const { sdk, client } = await vectors.open();
        await readied(client, sdk.QueryVectorsCommand);
      };
      await Promise.all([ready(), embeddings.load()]);
    },

    close: () => vectors.close(),
  };
}
