import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AskedServices, type AwsPlaces, documentsAt } from '../../src/asking/services.js';
import { realClock } from '../../src/clock.js';
import { type OauthEmulator, startOauth } from '../../src/emulator/agentcore/oauth.js';
import type { RuntimeScript } from '../../src/emulator/agentcore/script.js';
import { type AgentCoreEmulator, startAgentCore } from '../../src/emulator/agentcore/server.js';
import type { AgentScript } from '../../src/emulator/bedrock-agents/script.js';
import { startBedrockAgents } from '../../src/emulator/bedrock-agents/server.js';
import { type KnowledgeBasesEmulator, startKnowledgeBases } from '../../src/emulator/knowledge-bases/server.js';
import type { ScriptedTool } from '../../src/emulator/mcp/contract.js';
import { startMcpServer } from '../../src/emulator/mcp/server.js';
import { type ModelsEmulator, startModels } from '../../src/emulator/models/server.js';
import { type S3VectorsEmulator, startS3Vectors } from '../../src/emulator/vectors/server.js';
import { isRetryable } from '../../src/tools/failure.js';
import { CANCEL } from '../agents/bedrock-rig.js';
import { CALL_SID, failureOfPromise, RUNTIME_ARN } from '../agents/rig.js';
import { echo, text } from '../mcp/rig.js';
import { askingForTests, at, SETTINGS, SOON } from './rig.js';

const { open, inProcess, threaded } = askingForTests(afterAll);
const WAYS = [
  ['in the process', inProcess],
  ['in a thread', (places: AwsPlaces) => threaded(places).asked],
] as const;

const never = new AbortController().signal;
const RUNTIME = { agentRuntimeArn: RUNTIME_ARN, qualifier: 'DEFAULT', auth: { kind: 'sigv4' } } as const;
const AGENT = { agentId: 'ORDERS0001', agentAliasId: 'TSTALIASID' };
const TRACE = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
const CLIENT = { clientId: 'bridge', clientSecret: 'hush-hush-hush', scopes: ['orders/read'] };
const GUARDRAIL = { guardrailId: 'gr1abc', blocks: ['voodoo'], masks: [], blockedOutputsMessaging: 'I must not.' };
const MEMORY = {
  memoryId: 'Callers-AbCdEf1234',
  strategies: [{ memoryStrategyId: 'facts-0000000000', namespace: '/actors/{actorId}' }],
  extractsAfterMs: 0,
};
type BedrockAgentsEmulator = Awaited<ReturnType<typeof startBedrockAgents>>;

describe.each(WAYS)('whoever is asked %s', (_way, askedAt) => {
  let core: AgentCoreEmulator;
  let classic: BedrockAgentsEmulator;
  let bases: KnowledgeBasesEmulator;
  let vectors: S3VectorsEmulator;
  let models: ModelsEmulator;
  let login: OauthEmulator;
  let asked: AskedServices;
  /** What the classic agent answers. */
  let answerOfAgent: AgentScript['answer'];

  beforeAll(async () => {
    login = await startOauth({ clients: [CLIENT] });
    core = await startAgentCore({ issuers: [login], memories: [MEMORY] });
    classic = await startBedrockAgents({
      agents: [{ ...AGENT, name: 'orders', answer: (...given) => answerOfAgent(...given) }],
    });
    vectors = await startS3Vectors();
    bases = await startKnowledgeBases({ vectors, async *objects() {} });
    models = await startModels({ guardrails: [GUARDRAIL] });
    asked = askedAt({
      ...{
        agentCore: at(core),
        agents: at(classic),
        knowledgeBases: at(bases),
        vectors: at(vectors),
        models: at(models),
      },
    });
    open.push(login, core, classic, vectors, bases, models);
  });

  describe('an agent on AgentCore', () => {
    let callCount = 0;
    /** A session of its own, with the agent that answers like this from now on. */
    const session = (answer: RuntimeScript['answer'], more: Partial<RuntimeScript> = {}) => {
      core.deploy({ arn: RUNTIME_ARN, answer, ...more });
      const sessionId = CALL_SID.slice(0, -4) + String(callCount++).padStart(4, '0');
      return { sessionId, signal: never };
    };

    it('gets the payload, the session and the trace, and answers', async () => {
      const context = session((payload) => ({ json: { result: `Got ${JSON.stringify(payload)}` } }));
      const arrived = core.nextRequest();

      const answer = await asked.runtimes.ask(RUNTIME, { order: 7 }, { ...context, trace: TRACE });

      expect(answer).toEqual({ text: 'Got {"order":7}', notes: [] });
      expect(core.sessions.at(-1)?.id).toBe(context.sessionId);
      expect((await arrived).headers).toMatchObject(TRACE);
    });

    it('can be listened to while it speaks', async () => {
      const more = new EventEmitter();
      const going = once(more, 'go');
      const context = session(() => ({
        sse: (async function* () {
          yield { data: 'It was ' };
          await going;
          yield { data: 'shipped.' };
        })(),
      }));
      let soFar: (() => string | undefined) | undefined;
      const streams = (read: () => string | undefined) => {
        soFar = read;
      };

      const answered = asked.runtimes.ask(RUNTIME, {}, { ...context, streams });
      await expect.poll(() => soFar?.(), SOON).toBe('It was');
      more.emit('go');

      expect(await answered).toEqual({ text: 'It was shipped.', notes: [] });
    });

    it('fails with its reason, words and status', async () => {
      const context = session(() => ({ json: {} }));
      core.failNext({ kind: 'http', status: 429, type: 'ThrottlingException', message: 'Slow down.' });

      const error = await failureOfPromise(asked.runtimes.ask(RUNTIME, {}, context));

      expect(error).toMatchObject({
        name: 'BridgeError',
        code: 'TOOL_FAILED',
        message: 'the agent is busy at the moment',
        details: { reason: 'throttled', retryable: true, service: 'ThrottlingException: Slow down.', status: 429 },
        cause: { name: 'ThrottlingException', message: 'Slow down.' },
      });
      expect(isRetryable(error)).toBe(true);
    });

    it('that says itself what went wrong fails with its words', async () => {
      const context = session(() => ({ json: { error: 'There is no order 7.' } }));

      expect(await failureOfPromise(asked.runtimes.ask(RUNTIME, {}, context))).toMatchObject({
        message: 'the agent: There is no order 7.',
        details: { reason: 'agent-error', retryable: false },
      });
    });

    it('that nobody waits for any more has its connection closed', async () => {
      const context = session(() => ({ json: {} }));
      core.failNext({ kind: 'hang' });
      const hangUp = new AbortController();
      const arrived = core.nextRequest();
      const failed = failureOfPromise(asked.runtimes.ask(RUNTIME, {}, { ...context, signal: hangUp.signal }));
      await arrived;

      hangUp.abort();

      expect(await failed).toMatchObject({ code: 'TOOL_FAILED', details: { reason: 'cancelled', retryable: false } });
      await expect.poll(() => core.openRequests, SOON).toBe(0);
    });

    it('is not asked when nobody waited from the beginning', async () => {
      const context = session(() => ({ json: { result: 'Hi.' } }));
      const requestCount = core.requests.length;

      const failed = asked.runtimes.ask(RUNTIME, { order: 'none' }, { ...context, signal: AbortSignal.abort() });

      expect(await failureOfPromise(failed)).toMatchObject({ details: { reason: 'cancelled' } });
      await asked.runtimes.ask(RUNTIME, { order: 7 }, context);
      expect(core.requests.slice(requestCount).map(({ body }) => body.toString())).toEqual(['{"order":7}']);
    });

    it('is warmed, listed and stopped', async () => {
      const { sessionId: id } = session(() => ({ json: {} }));

      await asked.runtimes.warm(RUNTIME, id);
      expect(core.sessions.at(-1)).toMatchObject({ id, endedBy: undefined });
      expect(await asked.runtimes.list()).toMatchObject([{ arn: RUNTIME_ARN, status: 'READY' }]);
      await asked.runtimes.stop(RUNTIME, id);

      expect(core.sessions.at(-1)).toMatchObject({ id, endedBy: 'stopped' });
    });

    it('gets a token that is fetched once, and another when it was refused', async () => {
      const { kind, tokenUrl } = { kind: 'oauth' as const, tokenUrl: login.tokenUrl };
      const auth = { kind, tokenUrl, ...CLIENT };
      const context = session(() => ({ json: { result: 'Shipped.' } }), { auth: 'jwt' });
      const shown = await asked.tokens.authorization(auth, never);

      const { text: words } = await asked.runtimes.ask({ ...RUNTIME, auth }, {}, context);

      expect(words).toBe('Shipped.');
      expect(core.requests.at(-1)?.headers.authorization).toBe(shown);
      expect(login.requests).toHaveLength(1);
      asked.tokens.rejected(auth, shown);
      expect(await asked.tokens.authorization(auth, never)).not.toBe(shown);
    });
  });

  describe('a classic agent', () => {
    const context = { sessionId: CALL_SID, signal: never, attributes: { caller: '+14155550100' } };
    const wants: AgentScript['answer'] = (_text, { results }) =>
      results
        ? { chunks: [`Done: ${JSON.stringify(results[0]?.responseBody)}`] }
        : { returnControl: { invocationInputs: [CANCEL] } };

    it('goes on with what was done for it where the call is', async () => {
      answerOfAgent = wants;
      const wanted: unknown[] = [];

      const answer = await asked.agents.ask(AGENT, 'cancel it', {
        ...context,
        async doWanted(actions) {
          wanted.push(...actions);
          return [{ isDone: true, output: { result: 'ok' } }];
        },
      });

      expect(wanted).toEqual([{ name: 'cancel_order', input: { order: '42' }, wantsConsent: false }]);
      expect(answer).toEqual({ text: 'Done: {"TEXT":{"body":"{\\"result\\":\\"ok\\"}"}}', notes: [] });
    });

    it('is noted to want what is not done', async () => {
      answerOfAgent = wants;

      const answer = await asked.agents.ask(AGENT, 'cancel it', { ...context, doWanted: async () => undefined });

      expect(answer.notes).toEqual([expect.stringContaining('cancel_order(order: 42)')]);
    });

    it('fails when doing what it wants fails', async () => {
      answerOfAgent = wants;
      const doWanted = () => Promise.reject(new Error('no hands'));

      const error = await failureOfPromise(asked.agents.ask(AGENT, 'cancel it', { ...context, doWanted }));

      expect(error.message).toBe('no hands');
    });

    it('names its sources, and its session can be ended', async () => {
      const location = { type: 'S3', s3Location: { uri: 's3://docs/returns.md' } };
      answerOfAgent = () => ({
        chunks: ['Free.'],
        citations: [{ retrievedReferences: [{ content: { text: 'Returns are free.' }, location }] }],
      });

      const answer = await asked.agents.ask(AGENT, 'returns?', context);
      const requestCount = classic.requests.length;
      await asked.agents.end(AGENT, CALL_SID);

      expect(answer.citations?.map(({ source }) => source)).toEqual(['s3://docs/returns.md']);
      expect(classic.requests).toHaveLength(requestCount + 1);
      expect(await asked.agents.list()).toMatchObject([{ agentId: AGENT.agentId }]);
    });
  });

  describe('documents', () => {
    const base = { knowledgeBaseId: 'KB12345678', numberOfResults: 3, filter: {}, searchType: 'SEMANTIC' } as const;

    it('of a knowledge base are found', async () => {
      const documents = [{ name: 'returns.md', text: 'Returns are free within thirty days.' }];
      await bases.add({ knowledgeBaseId: base.knowledgeBaseId, documents });

      await asked.knowledgeBases.load();
      expect(await asked.knowledgeBases.retrieve(base, 'Are returns free?', never)).toEqual([
        {
          text: 'Returns are free within thirty days.',
          source: expect.stringContaining('returns.md'),
          score: expect.any(Number),
        },
      ]);
      const missing = { ...base, knowledgeBaseId: 'KB00000000' };
      expect(await failureOfPromise(asked.knowledgeBases.retrieve(missing, 'Who?', never))).toMatchObject({
        code: 'TOOL_FAILED',
        details: { reason: 'not-found' },
      });
    });

    it('of an index are found', async () => {
      const room = documentsAt({ models: at(models), vectors: at(vectors) }, SETTINGS.region, realClock());
      open.push(room);
      const name = { vectorBucketName: 'documents', indexName: 'manuals' };
      const model = { embeddingModelId: 'amazon.titan-embed-text-v2:0', dimensions: 256 } as const;
      await room.indexAdministration.create({ ...name, dimensions: 256, distanceMetric: 'cosine' });
      await room.documents.put(
        { ...name, ...model },
        ...[{ documentId: 'a', name: 'a', source: 'a.md', metadata: {}, chunks: [{ text: 'Press the red button.' }] }],
      );
      const index = { ...name, ...model, topK: 3, filter: {}, textKey: 'AMAZON_BEDROCK_TEXT' };

      await asked.vectorIndexes.load();
      expect(await asked.vectorIndexes.query(index, 'Which button?', never)).toEqual([
        { text: 'Press the red button.', source: 'a.md', score: expect.any(Number) },
      ]);
    });
  });

  describe('an MCP server', () => {
    async function server(...tools: ScriptedTool[]) {
      const remote = await startMcpServer({ tools: [echo, ...tools] });
      open.push(remote);
      return { remote, server: { url: remote.url, allow: [], auth: { kind: 'none' } as const } };
    }
    const names = (tools: readonly { remoteName: string }[]) => tools.map(({ remoteName }) => remoteName);

    it('is listed once its tools are used, and when somebody waits for it', async () => {
      const { server: one } = await server({ name: 'track' });

      expect(asked.mcp.toolsOf(one)).toEqual([]);
      await expect.poll(() => names(asked.mcp.toolsOf(one)), SOON).toEqual(['orders___echo', 'track']);
      expect(names(asked.mcp.toolsOf({ ...one, allow: ['track'] }))).toEqual(['track']);
      expect(names(await asked.mcp.refresh(one))).toEqual(['orders___echo', 'track']);
      expect(asked.mcp.problemOf(one)).toBeUndefined();
    });

    it('that is kept listed says itself when its tools change', async () => {
      const { remote, server: one } = await server();
      asked.mcp.keepListed([one]);
      await remote.streaming();

      remote.setTools([{ name: 'track' }]);

      await expect.poll(() => names(asked.mcp.toolsOf(one)), SOON).toEqual(['track']);
    });

    it('that cannot be listed has its problem known, and keeps its tools', async () => {
      const { remote, server: one } = await server();
      await asked.mcp.refresh(one);
      remote.failNext({ kind: 'http', status: 503 }, 9);

      const error = await failureOfPromise(asked.mcp.refresh(one));

      expect(error).toMatchObject({ code: 'TOOL_FAILED', details: { reason: 'unavailable', status: 503 } });
      const problem = asked.mcp.problemOf(one);
      expect(problem).toEqual({ error, sinceMs: expect.any(Number) });
      expect(problem?.sinceMs).toBeLessThan(SOON.timeout);
      expect(names(asked.mcp.toolsOf(one))).toEqual(['orders___echo']);
    });

    it('answers, in its own words also when it fails', async () => {
      const failing = { name: 'fails', answer: () => ({ content: [text('no such order')], isError: true }) };
      const { remote, server: one } = await server(failing);
      const call = (name: string) => asked.mcp.call(one, name, { order: 7 }, { signal: never, trace: TRACE });

      expect(await call('orders___echo')).toEqual({ output: { text: '{"order":7}' }, isError: false });
      expect(await call('fails')).toEqual({ output: { text: 'no such order' }, isError: true });
      const sent = await remote.arrived(({ rpc }) => rpc === 'tools/call');
      expect(sent.headers).toMatchObject(TRACE);
      expect(await failureOfPromise(call('unknown'))).toMatchObject({ code: 'TOOL_FAILED' });
    });

    it('has the request closed that nobody waits for any more', async () => {
      const { remote, server: one } = await server();
      await asked.mcp.refresh(one);
      remote.failNext({ kind: 'hang' }, 1, ({ rpc }) => rpc === 'tools/call');
      const hangUp = new AbortController();
      const arrived = remote.arrived(({ rpc }) => rpc === 'tools/call');
      const failed = failureOfPromise(asked.mcp.call(one, 'orders___echo', {}, { signal: hangUp.signal }));
      const { ended } = await arrived;

      hangUp.abort();

      expect(await failed).toMatchObject({ details: { reason: 'cancelled' } });
      expect(await ended).toBe('gone');
    });
  });

  it('a guardrail lets pass, blocks, and fails', async () => {
    const check = (words: string) =>
      asked.guardrails.check({ guardrailId: GUARDRAIL.guardrailId, guardrailVersion: '1' }, words, never);

    await asked.guardrails.load();
    expect(await check('Shipped.')).toEqual({ text: 'Shipped.', blocked: false });
    expect(await check('It is voodoo.')).toEqual({ text: 'I must not.', blocked: true });
    models.failNext({ kind: 'http', status: 403, type: 'AccessDeniedException' });
    expect(await failureOfPromise(check('Shipped.'))).toMatchObject({
      code: 'TOOL_FAILED',
      details: { reason: 'credentials', retryable: false },
    });
  });

  it('a memory remembers, recalls and forgets', async () => {
    const caller = '+14155550100';
    const place = { memoryId: MEMORY.memoryId, namespace: '/actors/{actorId}' };
    const recall = () => asked.memory.recall(place, caller, { query: 'tea', maxResults: 3, signal: never });

    await asked.memory.load();
    await asked.memory.remember(place, {
      actorId: caller,
      ...{ sessionId: CALL_SID, role: 'caller', text: 'I like tea', atMs: Date.now(), signal: never },
    });

    await expect.poll(recall, SOON).toEqual([expect.stringContaining('I like tea')]);
    expect(await asked.memory.forget(place, caller, never)).toEqual({ events: 1, records: 1 });
    expect(await recall()).toEqual([]);
  });
});
