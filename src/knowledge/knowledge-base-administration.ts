import type { StorageConfiguration } from '@aws-sdk/client-bedrock-agent';
import { type Clock, pause } from '../clock.js';
import { BridgeError, messageOf } from '../errors.js';
import type { Page, PageRequest } from '../page.js';
import type { CollectionIndex, CollectionIndexes } from './collection-indexes.js';
import type { ControlClient } from './control-client.js';
import { cursorOf, positionOf } from './cursor.js';
import type { IndexAdministration } from './index-administration.js';
import { type KnowledgeBase, type KnowledgeBaseSummary, knowledgeBaseOf, summaryOf } from './knowledge-base-shapes.js';
import { NON_FILTERABLE_KEYS } from './vector-passage.js';
import type { IndexName } from './vectors-client.js';

export type StorageInput =
  | ({ readonly kind: 'S3_VECTORS' } & IndexName)
  /** The collection must be there. */
  | ({ readonly kind: 'OPENSEARCH_SERVERLESS' } & Omit<CollectionIndex, 'dimensions'>);

export interface KnowledgeBaseInput {
  readonly name: string;
  readonly description?: string | undefined;
  /** What Bedrock reads documents and writes vectors as. */
  readonly roleArn: string;
  /** Its id in this region, or an ARN. */
  readonly embeddingModelId: string;
  readonly dimensions: number;
  readonly storage: StorageInput;
}

/** Bedrock knowledge bases, made and looked at. Fails with NOT_FOUND, CONFLICT, REQUEST_INVALID, AWS_REFUSED and the like. */
export interface KnowledgeBaseAdministration {
  /** It is being created when this resolves. A missing index is made, one that does not fit is CONFLICT. */
  create(input: KnowledgeBaseInput): Promise<KnowledgeBase>;
  get(knowledgeBaseId: string, signal?: AbortSignal): Promise<KnowledgeBase>;
  list(page: PageRequest): Promise<Page<KnowledgeBaseSummary>>;
  /** Begins to delete it; where its vectors were, stays. */
  delete(knowledgeBaseId: string): Promise<void>;
  /** Waits until one that is being created is ACTIVE; CONFLICT when it takes too long or is in another state. */
  untilActive(knowledgeBaseId: string): Promise<void>;
}

/** A knowledge base is usually there within seconds. */
const ACTIVE_LIMIT_MS = 20_000;
const POLL_MS = 1000;
/** Bedrock sees a new index of a collection only after some seconds. */
const VISIBLE_LIMIT_MS = 45_000;
const VISIBLE_POLL_MS = 5000;
const NOT_VISIBLE = /no such index/i;
/** Most on one page of the service. */
const MAX_PAGE = 1000;

export function knowledgeBaseAdministration(options: {
  control: ControlClient;
  indexes: IndexAdministration;
  collections: CollectionIndexes;
  clock: Clock;
}): KnowledgeBaseAdministration {
  const { control, indexes, collections, clock } = options;
  const rest = (ms: number) => pause(clock, ms, new AbortController().signal);

  const get = (knowledgeBaseId: string, signal?: AbortSignal): Promise<KnowledgeBase> =>
    control.ask(async ({ sdk, client }) => {
      const command = new sdk.GetKnowledgeBaseCommand({ knowledgeBaseId });
      return knowledgeBaseOf((await client.send(command, { ...(signal && { abortSignal: signal }) })).knowledgeBase!);
    });

  /** Tries again while Bedrock does not see the index yet, which is there. */
  const onceVisible = async (storage: StorageInput, create: () => Promise<KnowledgeBase>): Promise<KnowledgeBase> => {
    const endMs = clock.now() + VISIBLE_LIMIT_MS;
    for (;;) {
      try {
        return await create();
      } catch (error) {
        if (storage.kind !== 'OPENSEARCH_SERVERLESS' || !NOT_VISIBLE.test(messageOf(error))) throw error;
        if (clock.now() >= endMs) {
          const message = `Bedrock does not see the index ${storage.vectorIndexName} yet, which is there. Repeat this in a minute.`;
          throw new BridgeError('CONFLICT', message, {}, { cause: error });
        }
        await rest(VISIBLE_POLL_MS);
      }
    }
  };

  return {
    async create({ name, description, roleArn, embeddingModelId, dimensions, storage }) {
      const storageConfiguration = await storageFor(storage, dimensions, { indexes, collections });
      return onceVisible(storage, () =>
        control.ask(async ({ sdk, client }) => {
          const command = new sdk.CreateKnowledgeBaseCommand({
            name,
            roleArn,
            ...(description !== undefined && { description }),
            knowledgeBaseConfiguration: {
              type: 'VECTOR',
              vectorKnowledgeBaseConfiguration: {
                embeddingModelArn: modelArn(embeddingModelId, roleArn, await client.config.region()),
                embeddingModelConfiguration: {
                  bedrockEmbeddingModelConfiguration: { dimensions, embeddingDataType: 'FLOAT32' },
                },
              },
            },
            storageConfiguration,
          });
          return knowledgeBaseOf((await client.send(command)).knowledgeBase!);
        }),
      );
    },

    get,

    async list({ limit, cursor }) {
      const { token } = positionOf(cursor);
      return control.ask(async ({ sdk, client }) => {
        const { knowledgeBaseSummaries = [], nextToken } = await client.send(
          new sdk.ListKnowledgeBasesCommand({
            maxResults: Math.min(limit, MAX_PAGE),
            ...(token !== undefined && { nextToken: token }),
          }),
        );
        const nextCursor = cursorOf(nextToken === undefined ? undefined : { token: nextToken });
        return { items: knowledgeBaseSummaries.map(summaryOf), nextCursor };
      });
    },

    delete: (knowledgeBaseId) =>
      control.ask(async ({ sdk, client }) => {
        await client.send(new sdk.DeleteKnowledgeBaseCommand({ knowledgeBaseId }));
      }),

    async untilActive(knowledgeBaseId) {
      const endMs = clock.now() + ACTIVE_LIMIT_MS;
      for (;;) {
        const { status, failureReasons } = await get(knowledgeBaseId);
        if (status === 'ACTIVE') return;
        if (status !== 'CREATING' || clock.now() >= endMs) {
          const why = failureReasons.length > 0 ? `: ${failureReasons.join(' ')}` : '.';
          throw new BridgeError('CONFLICT', `The knowledge base ${knowledgeBaseId} is ${status}, not ACTIVE${why}`);
        }
        await rest(POLL_MS);
      }
    },
  };
}

async function storageFor(
  storage: StorageInput,
  dimensions: number,
  { indexes, collections }: { indexes: IndexAdministration; collections: CollectionIndexes },
): Promise<StorageConfiguration> {
  if (storage.kind === 'OPENSEARCH_SERVERLESS') {
    await collections.ensure({ ...storage, dimensions });
    const { collectionArn, vectorIndexName, vectorField, textField, metadataField } = storage;
    const fieldMapping = { vectorField, textField, metadataField };
    return {
      type: storage.kind,
      opensearchServerlessConfiguration: { collectionArn, vectorIndexName, fieldMapping },
    };
  }
  const { vectorBucketName, indexName } = storage;
  const name = { vectorBucketName, indexName };
  const index = await indexes.get(name).catch((error: unknown) => {
    if (error instanceof BridgeError && error.code === 'NOT_FOUND') {
      return indexes.create({ ...name, dimensions, distanceMetric: 'cosine' });
    }
    throw error;
  });
  if (index.dimensions !== dimensions) {
    const what = `The index ${vectorBucketName}/${indexName}`;
    throw new BridgeError('CONFLICT', `${what} has ${index.dimensions} dimensions, not ${dimensions}.`);
  }
  const missing = NON_FILTERABLE_KEYS.filter((key) => !index.nonFilterableKeys.includes(key));
  if (missing.length > 0) {
    const what = `The index ${vectorBucketName}/${indexName}`;
    throw new BridgeError('CONFLICT', `${what} was made without the non-filterable metadata ${missing.join(', ')}.`);
  }
  return { type: storage.kind, s3VectorsConfiguration: { indexArn: index.indexArn } };
}

/** The ARN of a model of this region, in the partition of the role. */
function modelArn(modelId: string, roleArn: string, region: string): string {
  if (modelId.startsWith('arn:')) return modelId;
  const [, partition = 'aws'] = roleArn.split(':');
  return `arn:${partition}:bedrock:${region}::foundation-model/${modelId}`;
}
