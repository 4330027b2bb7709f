import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { agentInputSchema } from '../../src/directory/agent.js';
import { agentNeeds } from '../../src/doctor/agent-needs.js';
import { agentCoreMemoryCheck } from '../../src/doctor/agentcore-memory.js';
import { agentCoreCheck } from '../../src/doctor/agentcore-runtimes.js';
import { bedrockAgentsCheck } from '../../src/doctor/bedrock-agents.js';
import { embeddingsCheck } from '../../src/doctor/embeddings.js';
import { guardrailsCheck } from '../../src/doctor/guardrails.js';
import type { AgentService, Installation, Known } from '../../src/doctor/installation.js';
import { knowledgeBasesCheck } from '../../src/doctor/knowledge-bases.js';
import { s3VectorsCheck } from '../../src/doctor/s3-vectors.js';
import { secretsManagerCheck } from '../../src/doctor/secrets-manager.js';
import { MEMORY, RUNTIME, SECRET, type Services, startServices, TOKEN_RUNTIME } from './aws-rig.js';
import { findingsOf, installation } from './rig.js';

let services: Services;
beforeAll(async () => {
  services = await startServices();
});
afterAll(() => services.close());

type CheckOf = typeof agentCoreCheck;
type Agent = (services: Services) => object;

/** What a check finds for an agent like this; undefined: the directory cannot be read. */
function look(
  check: CheckOf,
  agent: Agent | undefined,
  { place, ...more }: { place?: Record<string, unknown> } & Partial<Installation> = {},
) {
  const known: Known = agent
    ? { agents: agentNeeds([agentInputSchema.parse({ name: 'A', systemPrompt: 'p', ...agent(services) })], String) }
    : {};
  return findingsOf(check(installation({}, { places: services.places(place), ...more }), known));
}

const using =
  (tool: (services: Services) => object): Agent =>
  (services) => ({ tools: [{ name: 'tool', description: 'A tool.', ...tool(services) }] });
const runtime = (agentRuntimeArn: string, more: object = {}) =>
  using(() => ({ kind: 'agentcore', agentRuntimeArn, ...more }));
const agent = (agentAliasId: string) => using(() => ({ kind: 'bedrock-agent', agentId: 'AGENT00001', agentAliasId }));
const base = (name: keyof Services['baseIds']) =>
  using(({ baseIds }) => ({ kind: 'knowledge-base', knowledgeBaseId: baseIds[name] }));
const index = (indexName: string, more: object = {}) =>
  using(() => ({ kind: 's3-vectors', vectorBucketName: 'documents', indexName, ...more }));

/** Each service with an agent that uses it, and one that names what is not there. */
const SERVICES: readonly {
  name: string;
  service: AgentService;
  check: CheckOf;
  uses: Agent;
  misses: Agent;
  /** What agents need of it, and what is only there to pick from. */
  operation: string;
  list?: string;
  good: RegExp;
  right: string;
  absent: string;
}[] = [
  {
    name: 'AgentCore',
    service: 'agentCore',
    check: agentCoreCheck,
    uses: runtime(RUNTIME),
    misses: runtime(RUNTIME.replace('orders', 'missing')),
    operation: 'InvokeAgentRuntime',
    list: 'ListAgentRuntimes',
    good: /^orders-AbCdEf0123 \(DEFAULT\) starts in \d+ ms$/,
    right: `bedrock-agentcore:InvokeAgentRuntime on ${RUNTIME}*`,
    absent: 'GET /api/runtimes',
  },
  {
    name: 'Bedrock agents',
    service: 'agents',
    check: bedrockAgentsCheck,
    uses: agent('ALIAS00001'),
    misses: agent('ALIAS00002'),
    operation: 'InvokeAgent',
    list: 'ListAgentAliases',
    good: /^AGENT00001\/ALIAS00001 can be asked$/,
    right: 'bedrock:InvokeAgent on arn:aws:bedrock:us-east-1:*:agent-alias/AGENT00001/ALIAS00001',
    absent: 'GET /api/runtimes',
  },
  {
    name: 'knowledge bases',
    service: 'knowledgeBases',
    check: knowledgeBasesCheck,
    uses: base('manuals'),
    misses: using(() => ({ kind: 'knowledge-base', knowledgeBaseId: 'KB00000000' })),
    operation: 'Retrieve',
    list: 'ListKnowledgeBases',
    good: /^manuals \(\w{10}\) answers$/,
    right: 'bedrock:Retrieve on arn:aws:bedrock:us-east-1:*:knowledge-base/',
    absent: 'GET /api/knowledge-bases',
  },
  {
    name: 'S3 Vectors',
    service: 'vectors',
    check: s3VectorsCheck,
    uses: index('manuals'),
    misses: index('missing'),
    operation: 'QueryVectors',
    list: 'ListVectorBuckets',
    good: /^documents\/manuals answers$/,
    right:
      's3vectors:QueryVectors and s3vectors:GetVectors on arn:aws:s3vectors:us-east-1:*:bucket/documents/index/manuals',
    absent: 'GET /api/indexes',
  },
  {
    name: 'embeddings',
    service: 'models',
    check: embeddingsCheck,
    uses: index('manuals'),
    misses: index('manuals', { embeddingModelId: 'amazon.titan-embed-text-v9:0' }),
    operation: 'InvokeModel',
    good: /^amazon\.titan-embed-text-v2:0 makes vectors of 1024 dimensions$/,
    right: 'bedrock:InvokeModel on arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0',
    absent: '`embeddingModelId`',
  },
  {
    name: 'guardrails',
    service: 'models',
    check: guardrailsCheck,
    uses: () => ({ guardrail: { guardrailId: 'abc' } }),
    misses: () => ({ guardrail: { guardrailId: 'abc', guardrailVersion: '7' } }),
    operation: 'ApplyGuardrail',
    good: /^abc \(DRAFT\) can be applied$/,
    right: 'bedrock:ApplyGuardrail on arn:aws:bedrock:us-east-1:*:guardrail/abc',
    absent: '`guardrail` of the agent',
  },
  {
    name: 'AgentCore memory',
    service: 'agentCore',
    check: agentCoreMemoryCheck,
    uses: () => ({ memory: { memoryId: MEMORY } }),
    misses: () => ({ memory: { memoryId: 'Other-Ab12Cd34Ef' } }),
    operation: 'RetrieveMemoryRecords',
    good: /^Calls-Ab12Cd34Ef can be read \(writing is not tried\)$/,
    right: `bedrock-agentcore:RetrieveMemoryRecords and bedrock-agentcore:CreateEvent on arn:aws:bedrock-agentcore:us-east-1:*:memory/${MEMORY}`,
    absent: '`memory.memoryId`',
  },
];

describe.each(SERVICES)('$name', ({ service, check, uses, misses, operation, list, good, right, absent }) => {
  const server = () => services.servers[service];
  /** As often as it is tried. */
  const fail = (status: number, type: string, message: string, of = operation) =>
    server().failNext(
      { kind: 'http', status, type, message },
      status === 403 ? 1 : 2,
      (asked) => asked.operation === of,
    );

  it('is in order where agents can use it', async () => {
    expect(await look(check, uses)).toEqual([{ state: 'ok', says: expect.stringMatching(good) }]);
  });

  it('is not asked where no agent uses it', async () => {
    const count = server().requests.length;

    expect(await look(check, () => ({}))).toEqual([{ state: 'skipped', says: 'no agent uses one' }]);
    expect(server().requests.length).toBe(count);
  });

  it('without the right says which one is missing, and on what', async () => {
    fail(403, 'AccessDeniedException', 'User: x is not authorized');
    const [finding, ...others] = await look(check, uses);

    expect(finding).toMatchObject({ state: 'failed', says: expect.stringMatching(/^these credentials may not/) });
    expect(finding!.advice).toContain(`Allow ${right}`);
    expect(finding!.advice).toContain('README');
    expect(others).toEqual([]);
  });

  it('that a policy forbids is told as that', async () => {
    fail(
      403,
      'AccessDeniedException',
      'not authorized to perform: a:B with an explicit deny in an identity-based policy',
    );
    const [finding] = await look(check, uses);

    expect(finding).toMatchObject({ state: 'failed', says: expect.stringMatching(/^a policy forbids to/) });
    expect(finding!.advice).toContain('service control policies');
  });

  it('does not have what an agent names', async () => {
    const [finding] = await look(check, misses);

    expect(finding).toMatchObject({
      state: 'failed',
      says: expect.stringMatching(/^there is no such thing as .* in us-east-1/),
    });
    expect(finding!.advice).toContain(absent);
  });

  it.each([
    ['throttles', 429, 'ThrottlingException', 'no room for it', 'Ask again'],
    ['has trouble', 503, 'ServiceUnavailableException', 'has trouble', 'Health Dashboard'],
    ['knows no such key', 403, 'UnrecognizedClientException', 'does not know this access key', 'mistyped'],
    ['takes no old token', 403, 'ExpiredTokenException', 'have expired', 'Renew'],
    ['is no AWS', 404, 'UnknownOperationException', 'is not the service', 'AWS_ENDPOINT_URL'],
    ['is of another mind', 418, 'TeapotException', 'TeapotException', 'AWS support'],
  ])('that %s is told with its advice', async (_what, status, type, words, advice) => {
    fail(status, type, 'words of AWS');
    const [finding] = await look(check, uses);
    // What was not used up would fail what comes next.
    if (status !== 403) await look(check, uses);

    expect(finding!.state).toBe('failed');
    expect(finding!.says).toContain(words);
    expect(finding!.advice).toContain(advice);
  });

  it('that cannot be reached is told once, by host', async () => {
    const findings = await look(check, uses, { place: { endpoint: 'http://127.0.0.1:9' } });

    expect(findings).toEqual([
      expect.objectContaining({ state: 'failed', says: '127.0.0.1:9 refuses the connection (ECONNREFUSED)' }),
    ]);
  });

  it('in another region takes no signature of this one', async () => {
    const [finding] = await look(check, uses, { place: { region: 'eu-west-3' } });

    expect(finding).toMatchObject({ state: 'failed', says: expect.stringContaining('refuses the signature') });
    expect(finding!.advice).toContain('AWS_REGION');
  });

  it('is looked at as a list where the directory cannot be read', async () => {
    const [whole] = await look(check, undefined);
    if (list === undefined) {
      expect(whole).toEqual({ state: 'skipped', says: 'the directory cannot be read now' });
      return;
    }
    fail(403, 'AccessDeniedException', 'User: x is not authorized', list);
    const refused = await look(check, undefined);

    expect(whole).toMatchObject({ state: 'ok', says: expect.stringContaining('can be listed') });
    expect(refused).toMatchObject([{ state: 'warning', advice: expect.stringContaining(`:${list} `) }]);
  });

  it('that agents can use, but nobody list, is in order with a warning', async () => {
    if (list !== undefined) fail(403, 'AccessDeniedException', 'User: x is not authorized', list);
    const findings = await look(check, uses);

    expect(findings.map(({ state }) => state)).toEqual(list === undefined ? ['ok'] : ['ok', 'warning']);
  });
});

describe('a runtime', () => {
  it('is started by what is no question, and its session is ended', async () => {
    const { requests, sessions } = services.core;
    const from = requests.length;
    await look(agentCoreCheck, runtime(RUNTIME));
    const asked = requests.slice(from);

    expect(asked.map(({ operation }) => operation)).toEqual([
      'ListAgentRuntimes',
      'InvokeAgentRuntime',
      'StopRuntimeSession',
    ]);
    expect(asked[1]!.body.toString().trim()).toBe('');
    expect(sessions.at(-1)).toMatchObject({ endedBy: 'stopped' });
  });

  it('whose sessions nobody may end is a warning', async () => {
    services.core.failNext(
      { kind: 'http', status: 403, type: 'AccessDeniedException', message: 'x' },
      1,
      ({ operation }) => operation === 'StopRuntimeSession',
    );

    expect(await look(agentCoreCheck, runtime(RUNTIME))).toMatchObject([
      { state: 'warning', advice: expect.stringContaining('bedrock-agentcore:StopRuntimeSession') },
    ]);
  });

  it('that takes tokens is not tried, and must not be asked with signatures', async () => {
    const auth = { kind: 'agentcore-identity', provider: 'issuer' };

    expect(await look(agentCoreCheck, runtime(TOKEN_RUNTIME, { auth }))).toMatchObject([{ state: 'skipped' }]);
    expect(await look(agentCoreCheck, runtime(TOKEN_RUNTIME))).toMatchObject([
      { state: 'failed', advice: expect.stringContaining('"agentcore-identity"') },
    ]);
  });

  it('without such an end point, or without a container that starts, is told', async () => {
    const endPoint = await look(agentCoreCheck, runtime(RUNTIME, { qualifier: 'live' }));
    const message = 'Runtime initialization time exceeded. Please make sure that initialization completes in 30s.';
    services.core.failNext(
      { kind: 'http', status: 424, type: 'RuntimeClientError', message },
      1,
      ({ operation }) => operation === 'InvokeAgentRuntime',
    );
    const container = await look(agentCoreCheck, runtime(RUNTIME));

    expect(endPoint).toMatchObject([{ state: 'failed', advice: expect.stringContaining('`qualifier`') }]);
    expect(container).toMatchObject([{ state: 'failed', says: expect.stringContaining('time exceeded') }]);
  });

  it('that is slow to start is a warning', async () => {
    const clock = new FakeClock();
    const starting = services.core.nextRequest().then(() => services.core.nextRequest());
    const looking = look(agentCoreCheck, runtime(RUNTIME), { clock });
    await starting;
    clock.advance(12_000);

    expect(await looking).toMatchObject([{ state: 'warning', says: expect.stringContaining('starts in 12000 ms') }]);
  });
});

describe('documents', () => {
  it('that are not there are a warning', async () => {
    expect(await look(knowledgeBasesCheck, base('empty'))).toMatchObject([
      { state: 'warning', says: expect.stringContaining('nothing is in it') },
    ]);
    expect(await look(s3VectorsCheck, index('empty'))).toMatchObject([
      { state: 'warning', advice: expect.stringContaining('POST /api/indexes/documents/empty/documents') },
    ]);
  });

  it('of a knowledge base that is not active cannot be asked for', async () => {
    expect(await look(knowledgeBasesCheck, base('creating'))).toMatchObject([
      { state: 'failed', says: expect.stringContaining('is CREATING') },
    ]);
  });

  it('in an index of other dimensions are out of reach', async () => {
    expect(await look(s3VectorsCheck, index('manuals', { dimensions: 512 }))).toMatchObject([
      { state: 'failed', says: expect.stringContaining('1024 dimensions, and a tool asks with 512') },
    ]);
  });

  it('name the right that the service names', async () => {
    const message = 'User: x is not authorized to perform: s3vectors:GetVectors on resource: y';
    services.servers.vectors.failNext(
      { kind: 'http', status: 403, type: 'AccessDeniedException', message },
      1,
      ({ operation }) => operation === 'QueryVectors',
    );
    const [finding] = await look(s3VectorsCheck, index('manuals'));

    expect(finding!.advice).toContain('Allow s3vectors:GetVectors and s3vectors:QueryVectors on');
  });
});

describe('Secrets Manager', () => {
  const uses = using(() => ({
    kind: 'agentcore',
    agentRuntimeArn: RUNTIME,
    auth: { kind: 'oauth', tokenUrl: 'https://issuer.example.com/token', clientId: 'bridge', clientSecret: SECRET },
  }));

  it('is no matter where no tool has its secret there', async () => {
    expect(await look(secretsManagerCheck, () => ({}))).toEqual([]);
    expect(await look(secretsManagerCheck, undefined)).toEqual([]);
  });

  it.each([
    ['very-secret', 'ok'],
    ['{"clientSecret":"very-secret"}', 'ok'],
    ['{"client_secret":"very-secret"}', 'ok'],
    ['{"password":"very-secret"}', 'failed'],
    ['', 'failed'],
  ])('with %j is %s, and nothing of it is told', async (text, state) => {
    services.secret.text = text;
    const findings = await look(secretsManagerCheck, uses);

    expect(findings).toMatchObject([{ state }]);
    expect(JSON.stringify(findings)).not.toContain('very-secret');
  });

  it.each([
    [400, 'AccessDeniedException', 'these credentials may not read', `secretsmanager:GetSecretValue on ${SECRET}`],
    [400, 'ResourceNotFoundException', 'there is no such thing as the secret', '`auth.clientSecret`'],
    [400, 'ThrottlingException', 'no room for it', 'Ask again'],
  ])('that answers %i %s is told with its advice', async (status, type, words, advice) => {
    services.servers.secrets.failNext({ kind: 'http', status, type, message: 'x' }, type.startsWith('Thr') ? 2 : 1);
    const [finding] = await look(secretsManagerCheck, uses);

    expect(finding).toMatchObject({ state: 'failed', says: expect.stringContaining(words) });
    expect(finding!.advice).toContain(advice);
  });
});
