import { BedrockAgentClient, CreateKnowledgeBaseCommand } from '@aws-sdk/client-bedrock-agent';
import { FakeClock } from '../../src/clock.js';
import type { AgentService } from '../../src/doctor/installation.js';
import { startAgentCore } from '../../src/emulator/agentcore/server.js';
import { type AwsServer, startAwsServer } from '../../src/emulator/aws/server.js';
import { startBedrockAgents } from '../../src/emulator/bedrock-agents/server.js';
import { startKnowledgeBases } from '../../src/emulator/knowledge-bases/server.js';
import { startModels } from '../../src/emulator/models/server.js';
import { startS3Vectors } from '../../src/emulator/vectors/server.js';

export const RUNTIME = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-AbCdEf0123';
export const TOKEN_RUNTIME = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/tokens-AbCdEf0123';
export const MEMORY = 'Calls-Ab12Cd34Ef';
export const SECRET = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:orders-AbCdEf';

const INDEX = 'arn:aws:s3vectors:us-east-1:123456789012:bucket/documents/index/';
const MODEL = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0';
const DIMENSIONS = 1024;

/** Every AWS service that agents use, with one of everything in it: `manuals` has something in it, `empty` has not. */
export async function startServices() {
  const clock = new FakeClock();
  const core = await startAgentCore({
    runtimes: [
      { arn: RUNTIME, answer: () => ({ json: 'asked' }) },
      { arn: TOKEN_RUNTIME, auth: 'jwt', answer: () => ({ json: 'asked' }) },
    ],
    memories: [{ memoryId: MEMORY }],
  });
  const vectors = await startS3Vectors();
  const bucket = vectors.store.createBucket('documents', 0);
  const settings = { dimension: DIMENSIONS, distanceMetric: 'cosine', createdMs: 0 } as const;
  vectors.store.createIndex(bucket, 'empty', settings);
  const manuals = vectors.store.createIndex(bucket, 'manuals', settings);
  const data = Array.from({ length: DIMENSIONS }, (_, at) => (at === 7 ? 1 : 0));
  manuals.put([{ key: 'a', data, metadata: { AMAZON_BEDROCK_TEXT: 'Turn it off and on again.' } }]);
  const bases = await startKnowledgeBases({ clock, vectors, async *objects() {} });
  const secret = { text: 'very-secret' };
  const servers: Readonly<Record<AgentService, AwsServer>> = {
    agentCore: core,
    agents: await startBedrockAgents({
      agents: [{ agentId: 'AGENT00001', agentAliasId: 'ALIAS00001', answer: () => ({ chunks: ['asked'] }) }],
    }),
    knowledgeBases: bases,
    models: await startModels({ guardrails: [{ guardrailId: 'abc' }] }),
    vectors,
    secrets: await startAwsServer({
      service: 'secretsmanager',
      handle: () => ({ status: 200, body: { SecretString: secret.text } }),
    }),
  };

  const control = new BedrockAgentClient({ ...placeOf(bases), maxAttempts: 1 });
  const createBase = async (indexName: string, name = indexName) => {
    const { knowledgeBase } = await control.send(
      new CreateKnowledgeBaseCommand({
        name,
        roleArn: 'arn:aws:iam::123456789012:role/service-role/knowledge',
        knowledgeBaseConfiguration: {
          type: 'VECTOR',
          vectorKnowledgeBaseConfiguration: { embeddingModelArn: MODEL },
        },
        storageConfiguration: {
          type: 'S3_VECTORS',
          s3VectorsConfiguration: { indexArn: INDEX + indexName },
        },
      }),
    );
    return knowledgeBase?.knowledgeBaseId ?? '';
  };
  const baseIds = { manuals: await createBase('manuals'), empty: await createBase('empty'), creating: '' };
  clock.advance(60_000);
  baseIds.creating = await createBase('manuals', 'creating');

  return {
    core,
    servers,
    secret,
    baseIds,
    /** Places of all services, each with this change. */
    places: (change: Record<string, unknown> = {}) =>
      Object.fromEntries(Object.entries(servers).map(([name, server]) => [name, { ...placeOf(server), ...change }])),
    async close() {
      control.destroy();
      for (const server of Object.values(servers)) await server.close();
    },
  };
}

export type Services = Awaited<ReturnType<typeof startServices>>;

function placeOf({ url: endpoint, region, credentials }: AwsServer) {
  return { endpoint, region, credentials };
}
