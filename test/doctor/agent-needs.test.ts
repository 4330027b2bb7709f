import { describe, expect, it } from 'vitest';
import { agentInputSchema } from '../../src/directory/agent.js';
import { agentNeeds } from '../../src/doctor/agent-needs.js';

const RUNTIME = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-AbCdEf0123';
const SECRET = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:orders-AbCdEf';
const named = { name: 'tool', description: 'A tool.' };
const oauth = (clientSecret: string) => ({
  kind: 'oauth',
  tokenUrl: 'https://issuer.example.com/token',
  clientId: 'bridge',
  clientSecret,
});

const agentWith = (tools: object[], more: object = {}) =>
  agentInputSchema.parse({ name: 'A', systemPrompt: 'p', tools, ...more });

describe('what agents need of AWS', () => {
  it('is each thing once, however many agents name it', () => {
    const index = { kind: 's3-vectors', vectorBucketName: 'documents', indexName: 'manuals' };
    const tools = [
      { ...named, kind: 'agentcore', agentRuntimeArn: RUNTIME },
      { ...named, name: 'b', kind: 'agentcore', agentRuntimeArn: RUNTIME, qualifier: 'live' },
      { ...named, name: 'c', kind: 'agentcore', agentRuntimeArn: RUNTIME },
      { ...named, name: 'd', kind: 'bedrock-agent', agentId: 'AGENT00001', agentAliasId: 'ALIAS00001' },
      { ...named, name: 'e', kind: 'knowledge-base', knowledgeBaseId: 'KB00000001' },
      { ...named, name: 'f', ...index, filter: { a: 1 } },
      { ...named, name: 'g', ...index, indexName: 'prices' },
    ];
    const memory = { memoryId: 'Calls-Ab12Cd34Ef', hashCaller: true };
    const agent = agentWith(tools, { memory, guardrail: { guardrailId: 'abc' } });

    expect(agentNeeds([agent, agentWith(tools), agentWith([])], String)).toEqual({
      runtimes: [
        { agentRuntimeArn: RUNTIME, qualifier: 'DEFAULT', auth: 'sigv4' },
        { agentRuntimeArn: RUNTIME, qualifier: 'live', auth: 'sigv4' },
      ],
      bedrockAgents: [{ agentId: 'AGENT00001', agentAliasId: 'ALIAS00001' }],
      knowledgeBases: [{ knowledgeBaseId: 'KB00000001' }],
      indexes: [
        { vectorBucketName: 'documents', indexName: 'manuals', dimensions: 1024 },
        { vectorBucketName: 'documents', indexName: 'prices', dimensions: 1024 },
      ],
      embeddings: [{ embeddingModelId: 'amazon.titan-embed-text-v2:0', dimensions: 1024 }],
      guardrails: [{ guardrailId: 'abc', guardrailVersion: 'DRAFT' }],
      memories: [{ memoryId: 'Calls-Ab12Cd34Ef', namespace: '/actors/{actorId}' }],
      secrets: [],
      mcpServers: [],
      tokenUrls: [],
      identityProviders: [],
    });
  });

  it('are secrets only where they are kept in AWS, sealed or not', () => {
    const secrets = ['plain', SECRET, `sealed ${SECRET}`, 'cannot be opened'];
    const agents = secrets.map((secret) =>
      agentWith([{ kind: 'mcp', url: 'https://tools.example.com/mcp', auth: oauth(secret) }]),
    );
    const open = (secret: string) => (secret.startsWith('cannot') ? undefined : secret.replace('sealed ', ''));

    expect(agentNeeds(agents, open).secrets).toEqual([SECRET]);
    expect(agentNeeds(agents, open)).toMatchObject({
      mcpServers: [{ url: 'https://tools.example.com/mcp', auth: 'oauth' }],
      tokenUrls: ['https://issuer.example.com/token'],
    });
  });
});
