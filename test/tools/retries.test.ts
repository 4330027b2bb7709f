import { afterEach, describe, expect, it } from 'vitest';
import { agentRuntimes } from '../../src/agents/agent-runtimes.js';
import { bedrockAgents } from '../../src/agents/bedrock-agents.js';
import { realClock } from '../../src/clock.js';
import { agentInputSchema, agentVersion } from '../../src/directory/agent.js';
import { knowledge } from '../../src/knowledge/knowledge.js';
import { createLog } from '../../src/log.js';
import { mcpServers } from '../../src/mcp/mcp-servers.js';
import { ToolBelt } from '../../src/tools/belt.js';
import { type Answer, countedTokens, OAUTH, placeOf, sendJson, startPlainServer } from '../agents/rig.js';
import { standIn } from '../emulator/mcp/client.js';
import { echo, isCall } from '../mcp/rig.js';
import { AGENTCORE, CALL_SID, KNOWLEDGE } from './rig.js';

const BEDROCK_AGENT = {
  kind: 'bedrock-agent',
  name: 'orders',
  description: 'Orders.',
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
const INPUT = { prompt: 'Where is it?' };

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** All kinds of tools over the real SDKs, at one server that answers everything. */
async function toolsAt(answer: Answer) {
  const server = await startPlainServer(answer);
  const [clock, log, place] = [realClock(), createLog('silent'), placeOf(server.url)];
  const runtimes = agentRuntimes({ place, tokens: countedTokens(), clock, log });
  const agents = bedrockAgents({ place, clock, log });
  const documents = knowledge({ places: { bedrock: place, knowledgeBases: place, vectors: place }, clock });
  const mcp = mcpServers({ authorization: async () => 'Bearer token', clock, log });
  open.push(server, runtimes, agents, documents, mcp);
  const { knowledgeBases, vectorIndexes } = documents;
  const ports = { agentRuntimes: runtimes, bedrockAgents: agents, knowledgeBases, vectorIndexes, mcp };
  const belt = new ToolBelt({ clock, log, ports });
  const errors: string[] = [];
  return {
    mcp,
    /** Runs the only tool of an agent; answers what was asked of the server. */
    async run(tool: object, name: string) {
      const input = agentInputSchema.parse({ name: 'A', systemPrompt: 'p', tools: [tool] });
      const agent = agentVersion(input, { id: 'agent-1', version: 1, createdAt: '', defaultModelId: 'm' });
      const never = new AbortController().signal;
      const party = { caller: '+14155550101', called: '+14155550102', variables: {} };
      const context = { callSid: CALL_SID, agent, ...party, signal: never, callOver: never };
      const outcome = await belt.run({ callId: 'tool-use-1', name, input: INPUT }, context);
      expect(outcome.kind).toBe('failed');
      errors.push(String(outcome.output.error));
      return server.received.map(({ url }) => url.split('?')[0]!.split('/').at(-1)!);
    },
    errors,
  };
}

const THROTTLED: Answer = (_request, response) =>
  sendJson(response, 429, { message: 'slow down' }, { 'x-amzn-errortype': 'ThrottlingException' });
const DOWN: Answer = (_request, response) => sendJson(response, 503, { message: 'down' });
const embedding = JSON.stringify({ embedding: Array(256).fill(0.0625), inputTextTokenCount: 3 });

describe('a tool whose service fails for good', () => {
  it.each([
    ['an agent on AgentCore', AGENTCORE, 'orders', ['invocations']],
    ['a Bedrock agent', BEDROCK_AGENT, 'orders', ['text']],
    ['a knowledge base', KNOWLEDGE, 'handbook', ['retrieve', 'retrieve']],
    ['an index, at its embedding model', VECTORS, 'manuals', ['invoke', 'invoke']],
  ])('asks %s once, or once more where that is harmless', async (_what, tool, name, asked) => {
    for (const answer of [THROTTLED, DOWN]) {
      const { run } = await toolsAt(answer);

      expect(await run(tool, name)).toEqual(asked);
    }
  });

  it('asks an index once more, and its embedding model not at all', async () => {
    const { run } = await toolsAt((request, response, count) =>
      request.url.includes('/invoke') ? response.end(embedding) : THROTTLED(request, response, count),
    );

    expect(await run(VECTORS, 'manuals')).toEqual(['invoke', 'QueryVectors', 'QueryVectors']);
  });

  it('asks an agent once more while its session is changing, or when its token was refused, never both', async () => {
    const starting: Answer = (_request, response) =>
      sendJson(response, 409, { message: 'starting' }, { 'x-amzn-errortype': 'RetryableConflictException' });
    const refused: Answer = (_request, response) => sendJson(response, 401, { message: 'expired' });
    const WITH_TOKEN = { ...AGENTCORE, auth: OAUTH };

    expect(await (await toolsAt(starting)).run(AGENTCORE, 'orders')).toHaveLength(2);
    expect(await (await toolsAt(refused)).run(WITH_TOKEN, 'orders')).toHaveLength(2);
    const both: Answer = (...given) => (given[2] === 1 ? refused : starting)(...given);
    expect(await (await toolsAt(both)).run(WITH_TOKEN, 'orders')).toHaveLength(2);
  });

  it.each([
    ['that is busy', 429, 1],
    ['that is down', 503, 1],
    ['that loses every session', 404, 2],
  ])('asks a tool server %s with status %i so often: %i', async (_what, status, count) => {
    const remote = await standIn({ tools: [echo] });
    const { run, mcp } = await toolsAt(DOWN);
    const server = { url: remote.url, allow: [], auth: { kind: 'none' } as const };
    await mcp.refresh(server);
    remote.failNext({ kind: 'http', status }, 5, isCall);

    await run({ kind: 'mcp', url: remote.url }, echo.name);

    expect(remote.requests.filter(isCall)).toHaveLength(count);
  });
});

/** Half of an answer that says it is longer, and then no more: its half of the connection is closed (FIN). */
const CUT_WITHIN: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"result": "It is ', () => response.socket?.end());
};
const CUT_BEFORE: Answer = (_request, response) => void response.socket?.end();

describe('a tool whose service closes its half of the connection', () => {
  const OF_KINDS = [
    ['an agent on AgentCore', AGENTCORE, 'orders', ['invocations']],
    ['a Bedrock agent', BEDROCK_AGENT, 'orders', ['text']],
    ['a knowledge base', KNOWLEDGE, 'handbook', ['retrieve', 'retrieve']],
    ['an index, at its embedding model', VECTORS, 'manuals', ['invoke', 'invoke']],
  ] as const;

  it.each(OF_KINDS)('before any answer is not waited for: %s', async (_what, tool, name, asked) => {
    const { run, errors } = await toolsAt(CUT_BEFORE);

    expect(await run(tool, name)).toEqual(asked);
    expect(errors).toEqual([expect.stringContaining('cannot be reached at the moment')]);
  });

  it.each(OF_KINDS)('within an answer is not waited for: %s', async (_what, tool, name, asked) => {
    const { run, errors } = await toolsAt(CUT_WITHIN);

    expect(await run(tool, name)).toEqual(asked);
    expect(errors).toEqual([expect.stringContaining('broke off before it had answered')]);
  });

  it.each([
    ['before', CUT_BEFORE],
    ['within', CUT_WITHIN],
  ])('%s the answer of an index, is asked once more', async (_when, cut) => {
    const { run } = await toolsAt((request, response, count) =>
      request.url.includes('/invoke') ? response.end(embedding) : cut(request, response, count),
    );

    expect(await run(VECTORS, 'manuals')).toEqual(['invoke', 'QueryVectors', 'QueryVectors']);
  });

  it.each([
    ['before', CUT_BEFORE],
    ['within', CUT_WITHIN],
  ])('%s an answer of a tool server, is not waited for', async (_when, cut) => {
    const remote = await standIn({ tools: [echo] });
    const front = await startPlainServer(async (request, response, count) => {
      const { method, body, headers } = request;
      if (JSON.parse(body || '{}').method === 'tools/call') return cut(request, response, count);
      const { host: _host, connection: _connection, 'content-length': _length, ...passed } = headers;
      if (method !== 'POST') return response.writeHead(405).end();
      const answer = await fetch(remote.url, { method, body, headers: passed as Record<string, string> });
      const { 'content-type': type, 'mcp-session-id': session } = Object.fromEntries(answer.headers);
      response.writeHead(answer.status, {
        ...(type && { 'content-type': type }),
        ...(session && { 'mcp-session-id': session }),
      });
      response.end(await answer.text());
    });
    open.push(front);
    const { run, mcp, errors } = await toolsAt(DOWN);
    await mcp.refresh({ url: front.url, allow: [], auth: { kind: 'none' } });

    await run({ kind: 'mcp', url: front.url }, echo.name);

    expect(errors).toEqual([expect.stringMatching(/cannot be reached|broke off/)]);
  });
});
