import { createHash } from 'node:crypto';
import { type AwsPlace, awsSettings } from '../aws.js';
import { readied } from '../early-connections.js';
import { lazyClient } from '../lazy-client.js';
import { administrationFailure, searchFailure, unreadableAnswer } from './failure.js';

/** What turns text into a vector, and of how many components. Titan Text Embeddings V2, or what is asked like it. */
export interface EmbeddingModel {
  readonly embeddingModelId: string;
  readonly dimensions: number;
}

export interface Embeddings {
  /** Of a question; asked again soon, it is not computed again. Fails with TOOL_FAILED. */
  ofQuestion(model: EmbeddingModel, text: string, signal?: AbortSignal): Promise<readonly number[]>;
  /** Of a piece of a document; tried again when the model is busy, because no caller waits. Fails as administration does. */
  ofPassage(model: EmbeddingModel, text: string, signal?: AbortSignal): Promise<readonly number[]>;
  /** Loads what the first question would have to wait for, and opens its connection. Rejects when there can be none. */
  load(): Promise<void>;
  close(): void;
}

/** Of Titan V2. */
export const EMBEDDING_DIMENSIONS: readonly number[] = [256, 512, 1024];

/** Questions remembered: 8 KB each at 1024 components. */
const REMEMBERED = 500;
/** Longer texts are refused. Source: Amazon Bedrock user guide, Titan Text Embeddings V2. */
const MAX_CHARACTERS = 50_000;
/** Whoever runs tools asks again, once for all that a question needs. */
const QUESTION_ATTEMPTS = 1;
const PASSAGE_ATTEMPTS = 6;
const INACTIVITY_LIMIT_MS = 15_000;
/** Ten times a vector of 1024 components as JSON, which is parsed at one go. */
const MAX_ANSWER_BYTES = 256 * 1024;
const WHO = 'the document search';

/** Asks a Bedrock embedding model. Vectors are of length one, for documents and questions alike. */
export function embeddings({ place }: { place: AwsPlace }): Embeddings {
  const clientWith = (maxAttempts: number) =>
    lazyClient(
      () => import('@aws-sdk/client-bedrock-runtime'),
      (sdk) =>
        new sdk.BedrockRuntimeClient(
          awsSettings(place, {
            maxAttempts,
            inactivityLimitMs: INACTIVITY_LIMIT_MS,
            opensEarly: true,
            maxAnswerBytes: MAX_ANSWER_BYTES,
          }),
        ),
    );
  const questions = clientWith(QUESTION_ATTEMPTS);
  const passages = clientWith(PASSAGE_ATTEMPTS);
  const remembered = new Map<string, readonly number[]>();

  const embed = async (
    runtime: typeof questions,
    { embeddingModelId, dimensions }: EmbeddingModel,
    text: string,
    signal: AbortSignal | undefined,
  ): Promise<readonly number[]> => {
    const { sdk, client } = await runtime.open();
    const inputText = text.slice(0, MAX_CHARACTERS);
    const command = new sdk.InvokeModelCommand({
      modelId: embeddingModelId,
      contentType: 'application/json',
      accept: 'application/json',
      body: JSON.stringify({ inputText, dimensions, normalize: true }),
    });
    const { body } = await client.send(command, { ...(signal && { abortSignal: signal }) });
    return vectorOf(body.transformToString(), dimensions);
  };

  return {
    async ofQuestion(model, text, signal) {
      // What callers ask is not kept, only what it can be recognised by.
      const key = createHash('sha256')
        .update(JSON.stringify([model.embeddingModelId, model.dimensions, text]))
        .digest('base64');
      const known = remembered.get(key);
      const vector =
        known ??
        (await embed(questions, model, text, signal).catch((error: unknown) => {
          throw searchFailure(error, WHO, signal);
        }));
      remembered.delete(key);
      remembered.set(key, vector);
      for (const oldest of remembered.keys()) {
        if (remembered.size <= REMEMBERED) break;
        remembered.delete(oldest);
      }
      return vector;
    },

    ofPassage: (model, text, signal) =>
      embed(passages, model, text, signal).catch((error: unknown) => {
        throw administrationFailure(error, `The embedding model ${model.embeddingModelId}`);
      }),

    async load() {
      const { sdk, client } = await questions.open();
      await readied(client, sdk.InvokeModelCommand);
    },

    close() {
      questions.close();
      passages.close();
    },
  };
}

function vectorOf(body: string, dimensions: number): readonly number[] {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    throw unreadableAnswer(WHO, 'the embedding is not JSON');
  }
  const embedding = (answer as { embedding?: unknown } | null)?.embedding;
  if (!Array.isArray(embedding) || !embedding.every((each) => typeof each === 'number' && Number.isFinite(each))) {
    throw unreadableAnswer(WHO, 'the embedding is not a list of numbers');
  }
  if (embedding.length !== dimensions) {
    throw unreadableAnswer(WHO, `the embedding has ${embedding.length} components instead of ${dimensions}`);
  }
  return embedding;
}
