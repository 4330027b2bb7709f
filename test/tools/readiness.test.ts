import { once } from 'node:events';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { CallFact } from '../../src/call/events.js';
import type { Turn } from '../../src/call/record.js';
import { FakeClock, realClock } from '../../src/clock.js';
import type { ToolOf } from '../../src/directory/tool.js';
import { startAgentCore } from '../../src/emulator/agentcore/server.js';
import { type AwsPlaces, toolServices } from '../../src/tool-services.js';
import { sessionIdOf } from '../../src/tools/agent-answer.js';
import {
  type Answer,
  closedAfterTests,
  listeningLog,
  type PlainServer,
  placeOf,
  sendJson,
  startPlainServer,
} from '../agents/rig.js';
import { standIn } from '../emulator/mcp/client.js';
import { echo } from '../mcp/rig.js';
import { AGENTCORE, agentWith, CALL_SID, KNOWLEDGE } from './rig.js';

const open = closedAfterTests();

const BEDROCK_AGENT = {
  kind: 'bedrock-agent',
  name: 'billing',
  description: 'Billing.',
  agentId: 'ORDERS0001',
  agentAliasId: 'TSTALIASID',
};
const VECTORS = {
  kind: 's3-vectors',
  name: 'manuals',
  description: 'Manuals.',
  vectorBucketName: 'documents',
  indexName: 'manuals',
  dimensions: 256,
};
const RANG: Extract<CallFact, { kind: 'rang' }> = {
  kind: 'rang',
  direction: 'inbound',
  from: '+14155550101',
  to: '+14155550199',
  agentId: 'agent-1',
  agentVersion: 1,
  variables: {},
  test: false,
};
const TEA: Turn = { role: 'caller', text: 'Tea', startMs: 0, endMs: 0 };
const MEMORY = { memoryId: 'facts-AbCdEf1234' };
const embedding = { embedding: Array(256).fill(0.0625), inputTextTokenCount: 3 };

/** What every service would answer, by the end of its path. */
const ANSWERS: Readonly<Record<string, object>> = {
  invocations: { result: 'Shipped.' },
  retrieve: { retrievalResults: [] },
  invoke: embedding,
  QueryVectors: { vectors: [], distanceMetric: 'cosine' },
  apply: { action: 'NONE', outputs: [], assessments: [] },
  token: { access_token: 'token-of-the-tests', token_type: 'Bearer', expires_in: 3600 },
};
const whole: Answer = ({ url }, response) =>
  sendJson(response, 200, ANSWERS[url.split('?')[0]!.split('/').at(-1)!] ?? {});

/** A server for each service, and all that agents ask behind a listener of calls. */
async function rig(given: {
  agent: ReturnType<typeof agentWith>;
  answer?: Answer;
  places?: AwsPlaces;
  clock?: FakeClock;
}) {
  const { agent, answer = whole, places = {}, clock = realClock() } = given;
  const names = ['agentCore', 'agents', 'knowledgeBases', 'models', 'vectors'] as const;
  const servers = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await startPlainServer(answer)] as const)),
  ) as Record<(typeof names)[number], PlainServer>;
  const { log, lines } = listeningLog();
  const services = await toolServices({
    config: { secretsKey: 'k'.repeat(32), dataDir: '/nowhere', agentCoreWorkload: undefined },
    region: 'us-east-1',
    places: {
      ...Object.fromEntries(names.map((name) => [name, placeOf(servers[name].url)])),
      ...places,
    },
    findAgent: () => agent,
    clock,
    log,
  });
  open.push(...Object.values(servers), services);
  const tell = (fact: CallFact) => {
    for (const listener of services.listeners) listener({ callSid: CALL_SID, atMs: 0, ...fact }, clock.now());
  };
  const counts = () => names.map((name) => servers[name].connectionCount);
  let callCount = 0;
  const run = (name: string, input: object = { query: 'How long?' }) => {
    const never = new AbortController().signal;
    const party = { caller: '+14155550101', called: '+14155550199', variables: {} };
    return services.belt.run(
      { callId: `tool-use-${callCount++}`, name, input: { ...input } },
      { callSid: CALL_SID, agent, ...party, signal: never, callOver: never },
    );
  };
  return { clock, services, servers, tell, counts, run, lines };
}

const connected = (servers: readonly PlainServer[]) =>
  expect.poll(() => servers.map(({ connectionCount }) => connectionCount), { timeout: 20_000 });

describe('when the telephone rings', () => {
  it('a knowledge base gets a connection, and no other for the questions', async () => {
    const agent = agentWith(KNOWLEDGE);
    const { servers, services, tell, run } = await rig({ agent });
    tell(RANG);
    await services.load(agent);
    await connected([servers.knowledgeBases]).toEqual([1]);
    expect(servers.knowledgeBases.received).toEqual([]);

    expect(await run('handbook')).toMatchObject({ kind: 'answer' });
    await run('handbook', { query: 'And back?' });

    expect(servers.knowledgeBases.received).toHaveLength(2);
    expect(servers.knowledgeBases.connectionCount).toBe(1);
  });

  it('an index and its embedding model get one each, and no other for the questions', async () => {
    const agent = agentWith(VECTORS);
    const { servers, services, tell, run } = await rig({ agent });
    tell(RANG);
    await services.load(agent);
    await connected([servers.vectors, servers.models]).toEqual([1, 1]);

    expect(await run('manuals')).toMatchObject({ kind: 'answer' });
    await run('manuals', { query: 'And back?' });

    expect([servers.vectors, servers.models].map(({ received }) => received.length)).toEqual([2, 2]);
    expect([servers.vectors, servers.models].map(({ connectionCount }) => connectionCount)).toEqual([1, 1]);
  });

  it('a classic agent gets one, and no other for the questions', async () => {
    const agent = agentWith(BEDROCK_AGENT);
    const { servers, services, tell, run } = await rig({ agent });
    tell(RANG);
    await services.load(agent);
    await connected([servers.agents]).toEqual([1]);

    await run('billing', { prompt: 'How much?' });
    await run('billing', { prompt: 'How much now?' });

    expect(servers.agents.received).toHaveLength(2);
    expect(servers.agents.connectionCount).toBe(1);
  });

  it('an agent on AgentCore and the guardrail get one each, and no other for the questions', async () => {
    const guardrail = { guardrailId: 'gr1abc', guardrailVersion: '1' };
    const agent = { ...agentWith(AGENTCORE), guardrail };
    const { servers, services, tell, run } = await rig({ agent });
    tell(RANG);
    await services.load(agent);
    // Joins what the ring began.
    await services.runtimes.warm(agent.tools[0] as ToolOf<'agentcore'>, sessionIdOf(CALL_SID));
    expect(servers.agentCore.received).toHaveLength(1);

    expect(await run('orders', { prompt: 'Where is it?' })).toMatchObject({ kind: 'answer' });
    await run('orders', { prompt: 'And now?' });

    expect([servers.agentCore, servers.models].map(({ received }) => received.length)).toEqual([3, 2]);
    expect([servers.agentCore, servers.models].map(({ connectionCount }) => connectionCount)).toEqual([1, 1]);
  });

  it('what is known of the caller is asked over the connection on which it is written', async () => {
    const agent = {
      ...agentWith(),
      memory: { ...MEMORY, namespace: '/a/{actorId}', hashCaller: false, maxCharacters: 500 },
    };
    const { servers, services, tell } = await rig({ agent });
    tell(RANG);
    await services.recall(agent, RANG.from);
    tell({ kind: 'turnChanged', index: 0, turn: TEA });
    tell({ kind: 'ended', endReason: 'caller-hung-up' });
    await expect.poll(() => servers.agentCore.received.length, { timeout: 20_000 }).toBe(2);

    expect(servers.agentCore.received.map(({ url }) => url.split('/').at(-1))).toEqual(['retrieve', 'events']);
    expect(servers.agentCore.connectionCount).toBe(1);
  });

  it('the token of a tool server is fetched, once for all that show it', async () => {
    const login = await startPlainServer(whole);
    open.push(login);
    const auth = {
      kind: 'oauth',
      tokenUrl: `${login.url}/token`,
      clientId: 'bridge',
      clientSecret: 'hush-hush-hush',
      scopes: [],
    };
    const { servers, tell, run } = await rig({ agent: agentWith({ ...AGENTCORE, auth }) });
    tell(RANG);
    await expect.poll(() => servers.agentCore.received.length, { timeout: 20_000 }).toBe(1);

    await run('orders', { prompt: 'Where is it?' });

    expect(login.received).toHaveLength(1);
    expect(servers.agentCore.received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-of-the-tests',
      'Bearer token-of-the-tests',
    ]);
  });
});

describe('the connections to a tool server', () => {
  it('serve its listing when the telephone rings, and no other is made for the questions', async () => {
    const remote = await standIn({ tools: [echo] });
    let connectionCount = 0;
    const sockets: Socket[] = [];
    const front = createTcpServer((socket) => {
      connectionCount += 1;
      const onward = connect(Number(new URL(remote.url).port), '127.0.0.1');
      sockets.push(socket, onward);
      for (const each of [socket, onward]) each.on('error', () => undefined);
      socket.pipe(onward).pipe(socket);
    });
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
    open.push({
      close() {
        for (const socket of sockets) socket.destroy();
        front.close();
      },
    });
    const url = new URL(remote.url);
    url.port = String((front.address() as AddressInfo).port);
    const agent = agentWith({ kind: 'mcp', url: url.href });
    const { services, tell, run } = await rig({ agent });
    tell(RANG);
    await services.mcp.refresh({ url: url.href, allow: [], auth: { kind: 'none' } });
    const atRing = connectionCount;

    expect(await run(echo.name, { text: 'a' })).toMatchObject({ kind: 'answer' });
    expect(await run(echo.name, { text: 'b' })).toMatchObject({ kind: 'answer' });

    expect(connectionCount).toBe(atRing);
  });
});

describe('a service that cannot be made ready when the telephone rings', () => {
  it('is asked all the same when it is wanted', async () => {
    const { tell, run, lines, servers } = await rig({
      agent: agentWith(KNOWLEDGE),
      places: { knowledgeBases: NOBODY },
    });
    tell(RANG);
    await expect.poll(() => lines.join('\n'), { timeout: 20_000 }).toContain('service was not made ready');

    expect(await run('handbook')).toMatchObject({
      kind: 'failed',
      output: { error: 'the document search cannot be reached at the moment' },
    });
    expect(servers.knowledgeBases.received).toEqual([]);
  });

  it('and hangs, keeps no call waiting: its question opens a connection of its own', async () => {
    const sockets: Socket[] = [];
    const tls = createTcpServer((socket) => sockets.push(socket.resume()));
    tls.listen(0, '127.0.0.1');
    await once(tls, 'listening');
    open.push({
      close() {
        for (const socket of sockets) socket.destroy();
        tls.close();
      },
    });
    const endpoint = `https://127.0.0.1:${(tls.address() as AddressInfo).port}`;
    const { tell, services } = await rig({
      agent: agentWith(KNOWLEDGE),
      places: { knowledgeBases: placeOf(endpoint) },
    });

    tell(RANG);
    await expect.poll(() => sockets.length, { timeout: 20_000 }).toBe(1);
    const hangUp = new AbortController();
    const asked = services.documents.knowledgeBases
      .retrieve(
        { knowledgeBaseId: 'KB12345678', numberOfResults: 1, filter: {}, searchType: 'SEMANTIC' },
        'How long?',
        hangUp.signal,
      )
      .catch((error: { details: object }) => error.details);
    await expect.poll(() => sockets.length, { timeout: 20_000 }).toBe(2);
    hangUp.abort();

    expect(await asked).toMatchObject({ reason: 'cancelled' });
  });
});

describe('the services of tools', () => {
  it('end only when the last turn of a call is in the memory', async () => {
    const clock = new FakeClock();
    const core = await startAgentCore({ memories: [{ memoryId: MEMORY.memoryId, strategies: [] }], clock });
    open.push(core);
    const { url: endpoint, region, credentials } = core;
    const agent = {
      ...agentWith(),
      memory: { ...MEMORY, namespace: '/a/{actorId}', hashCaller: false, maxCharacters: 500 },
    };
    const { services, tell } = await rig({ agent, places: { agentCore: { endpoint, region, credentials } }, clock });
    core.failNext({ kind: 'slow', ms: 1000 });
    const written = core.nextRequest();
    tell(RANG);
    tell({
      kind: 'turnChanged',
      index: 0,
      turn: TEA,
    });
    tell({ kind: 'ended', endReason: 'caller-hung-up' });
    await written;

    const closed = services.close();
    clock.advance(1000);
    await closed;

    expect(core.events).toHaveLength(1);
  });
});

/** An address on which nobody listens. */
const NOBODY = placeOf('http://127.0.0.1:9');
