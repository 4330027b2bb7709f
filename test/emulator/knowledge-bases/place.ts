import {
  BedrockAgentClient,
  CreateDataSourceCommand,
  type CreateDataSourceCommandInput,
  CreateKnowledgeBaseCommand,
  type CreateKnowledgeBaseCommandInput,
  GetIngestionJobCommand,
  StartIngestionJobCommand,
} from '@aws-sdk/client-bedrock-agent';
import {
  BedrockAgentRuntimeClient,
  type KnowledgeBaseVectorSearchConfiguration,
  RetrieveCommand,
} from '@aws-sdk/client-bedrock-agent-runtime';
import { expect, onTestFinished } from 'vitest';
import { FakeClock } from '../../../src/clock.js';
import type { SourceObject } from '../../../src/emulator/knowledge-bases/documents.js';
import { startKnowledgeBases } from '../../../src/emulator/knowledge-bases/server.js';
import { startS3Vectors } from '../../../src/emulator/vectors/server.js';
import { countingIds } from '../../../src/ids.js';

export const INDEX_ARN = 'arn:aws:s3vectors:us-east-1:123456789012:bucket/documents/index/orders';
export const MODEL_ARN = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0';

export const DOCUMENTS: readonly SourceObject[] = [
  { key: 'help/returns.md', body: '# Returns\n\nOrders can be returned within 30 days. The refund takes five days.' },
  { key: 'help/hours.txt', body: 'Our shops are open from Monday to Friday, nine to five.', metadata: { lang: 'en' } },
  { key: 'help/shipping.html', body: '<h1>Shipping</h1><p>Parcels arrive in <b>two</b> days &amp; are tracked.</p>' },
  { key: 'private/salaries.txt', body: 'Nobody may ever hear of salaries.' },
];

export const BASE: CreateKnowledgeBaseCommandInput = {
  name: 'orders',
  roleArn: 'arn:aws:iam::123456789012:role/service-role/knowledge',
  knowledgeBaseConfiguration: {
    type: 'VECTOR',
    vectorKnowledgeBaseConfiguration: {
      embeddingModelArn: MODEL_ARN,
      embeddingModelConfiguration: { bedrockEmbeddingModelConfiguration: { dimensions: 512 } },
    },
  },
  storageConfiguration: { type: 'S3_VECTORS', s3VectorsConfiguration: { indexArn: INDEX_ARN } },
};

export const SOURCE: Omit<CreateDataSourceCommandInput, 'knowledgeBaseId'> = {
  name: 'help',
  dataSourceConfiguration: {
    type: 'S3',
    s3Configuration: { bucketArn: 'arn:aws:s3:::help-pages', inclusionPrefixes: ['help/'] },
  },
};

/** The stand-in with an empty index of 512 dimensions beside it, the real SDK on it, and a bucket that can be changed. */
export async function connect(nonFilterableKeys = ['AMAZON_BEDROCK_TEXT', 'AMAZON_BEDROCK_METADATA']) {
  const clock = new FakeClock();
  const bucket = { objects: [...DOCUMENTS], error: undefined as Error | undefined };
  const vectors = await startS3Vectors({ clock });
  const index = vectors.store.createIndex(vectors.store.createBucket('documents', 0), 'orders', {
    dimension: 512,
    distanceMetric: 'cosine',
    nonFilterableKeys,
    createdMs: 0,
  });
  const server = await startKnowledgeBases({
    clock,
    ids: countingIds(),
    vectors,
    async *objects(name, prefix) {
      if (bucket.error) throw bucket.error;
      if (name !== 'help-pages') throw new Error(`there is no bucket ${name}`);
      yield* bucket.objects.filter(({ key }) => key.startsWith(prefix));
    },
  });
  const { url: endpoint, region, credentials } = server;
  const settings = { endpoint, region, credentials, maxAttempts: 1 };
  const control = new BedrockAgentClient(settings);
  const runtime = new BedrockAgentRuntimeClient(settings);
  onTestFinished(async () => {
    control.destroy();
    runtime.destroy();
    await server.close();
    await vectors.close();
    expect(clock.pendingTimers).toBe(0);
  });
  return { server, vectors, index, control, runtime, clock, bucket };
}

/** The stand-in with an active knowledge base and its data source. */
export async function connectToBase(
  options: {
    base?: Partial<CreateKnowledgeBaseCommandInput>;
    source?: Partial<CreateDataSourceCommandInput>;
    nonFilterableKeys?: string[];
  } = {},
) {
  const place = await connect(options.nonFilterableKeys);
  const { control, runtime, clock } = place;
  const created = await control.send(new CreateKnowledgeBaseCommand({ ...BASE, ...options.base }));
  const knowledgeBaseId = created.knowledgeBase?.knowledgeBaseId ?? '';
  clock.advance(2000);
  const { dataSource } = await control.send(
    new CreateDataSourceCommand({ knowledgeBaseId, ...SOURCE, ...options.source }),
  );
  const ids = { knowledgeBaseId, dataSourceId: dataSource?.dataSourceId ?? '' };
  const start = async () => {
    const { ingestionJob } = await control.send(new StartIngestionJobCommand(ids));
    return ingestionJob?.ingestionJobId ?? '';
  };
  const job = async (ingestionJobId: string) => {
    const answer = await control.send(new GetIngestionJobCommand({ ...ids, ingestionJobId }));
    return answer.ingestionJob;
  };
  /** Runs a job to its end. */
  const ingest = async () => {
    const id = await start();
    clock.advance(60_000);
    return job(id);
  };
  const retrieve = (text: string, vectorSearchConfiguration?: KnowledgeBaseVectorSearchConfiguration) =>
    runtime.send(
      new RetrieveCommand({
        knowledgeBaseId,
        retrievalQuery: { text },
        ...(vectorSearchConfiguration && { retrievalConfiguration: { vectorSearchConfiguration } }),
      }),
    );
  return { ...place, ids, start, job, ingest, retrieve };
}

export const refusal = (name: string, status: number, message?: RegExp) => ({
  name,
  $metadata: { httpStatusCode: status },
  ...(message && { message: expect.stringMatching(message) as string }),
});
