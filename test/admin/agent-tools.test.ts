import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { realClock } from '../../src/clock.js';
import { BridgeError } from '../../src/errors.js';
import { countingIds } from '../../src/ids.js';
import { createLog } from '../../src/log.js';
import { ToolBelt } from '../../src/tools/belt.js';
import type { AgentAnswer, AskContext, DoWanted, McpTool, WantedAction } from '../../src/tools/ports.js';
import { toolTrials } from '../../src/tools/trial.js';
import { type OpenedStore, openFreshStore, rang } from '../store/opened-store.js';
import { type Api, startApi } from './rig.js';

const RUNTIME_ARN = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-AbCdEf1234';
const ORDER_SCHEMA = {
  type: 'object',
  properties: { order: { type: 'string' }, lines: { type: 'array', items: { type: 'integer' } } },
  required: ['order'],
  additionalProperties: false,
};
const TOOLS = [
  { kind: 'agentcore', name: 'orders', description: 'Orders.', agentRuntimeArn: RUNTIME_ARN },
  { kind: 'bedrock-agent', name: 'billing', description: 'Bills.', agentId: 'AGENT00001', agentAliasId: 'ALIAS00001' },
  {
    kind: 'scripted',
    name: 'status',
    description: 'Status.',
    inputSchema: ORDER_SCHEMA,
    answers: [{ output: { state: 'sent' } }, { error: 'the second run fails' }],
  },
  { kind: 'handoff', name: 'person', description: 'A person.', to: '+14155550142', warm: false },
  { kind: 'hang-up', name: 'end_call', description: 'Ends the call.' },
];
const MCP = { kind: 'mcp', url: 'https://tools.example.com/mcp', allow: ['search'] };
const SEARCH: McpTool = {
  name: 'search',
  remoteName: 'search',
  description: 'Searches.',
  inputSchema: { type: 'object', properties: { words: { type: 'string' } }, required: ['words'] },
};

let api: Api;
let agentId: string;
/** What was asked of agents, and which of their sessions were ended. */
const asked: { what: unknown; context: AskContext }[] = [];
const ended: { target: unknown; sessionId: string }[] = [];
const end = async (target: unknown, sessionId: string) => void ended.push({ target, sessionId });
let answer: (signal: AbortSignal) => Promise<AgentAnswer>;
/** What the Bedrock agent wants done before it answers. */
let actions: readonly WantedAction[];
/** What the MCP server has, once it was listed. */
let listed: readonly McpTool[];
let refresh: () => Promise<unknown>;
let problem: { error: unknown; sinceMs: number } | undefined;
let opened: OpenedStore;

beforeAll(async () => {
  const ask = async (_target: unknown, what: unknown, context: AskContext) => {
    asked.push({ what, context });
    return answer(context.signal);
  };
  const mcp = {
    toolsOf: () => listed,
    problemOf: () => problem,
    refresh: () => refresh(),
    call: async (_server: unknown, remoteName: string, input: object) => ({
      output: { remoteName, input },
      isError: false,
    }),
  };
  const askWanting = async (target: unknown, what: unknown, context: AskContext & { doWanted: DoWanted }) => {
    await context.doWanted(actions);
    return ask(target, what, context);
  };
  const ports = { agentRuntimes: { ask }, bedrockAgents: { ask: askWanting }, mcp };
  const belt = new ToolBelt({ clock: realClock(), log: createLog('silent'), ports });
  const sessions = { runtimes: { stop: end }, bedrockAgents: { end } };
  opened = await openFreshStore();
  const { figures } = opened.store;
  const agentTools = toolTrials({ belt, mcp, figures, ...sessions, ids: countingIds() });
  api = await startApi({ opened, more: { agentTools } });
  agentId = (await api.agent({ tools: [...TOOLS, MCP] })).id;
});
afterAll(() => api.close());
beforeEach(() => {
  asked.length = 0;
  ended.length = 0;
  listed = [];
  actions = [];
  answer = async () => ({ text: 'It is on its way.', notes: [] });
  refresh = async () => undefined;
});

const ask = (body: Record<string, unknown>, id = agentId) => api.api('POST', `/api/agents/${id}/ask`, { body });

/** The newest entry of the audit trail on a tool that was tried. */
const lastAsked = async () => {
  const { body } = await api.api('GET', `/api/audit?subject=agent/${agentId}&action=agent.asked&limit=1`);
  return body.items[0] as { after: { outcome: string } };
};

describe('a tool that is tried', () => {
  it('runs once, in a session of its own that is ended, and answers as the model would be told', async () => {
    const trial = { tool: 'orders', input: { prompt: 'Where is 12345?' }, from: '+14155550100' };
    const first = await ask(trial);
    await ask(trial);

    expect(first.status).toBe(200);
    expect(first.body).toEqual({
      outcome: 'answered',
      output: { answer: 'It is on its way.' },
      durationMs: expect.any(Number),
    });
    expect(asked).toHaveLength(2);
    expect(asked[0]!.what).toMatchObject({ prompt: 'Where is 12345?', caller: '+14155550100', called: 'test' });
    expect(asked[0]!.context.sessionId.length).toBeGreaterThanOrEqual(33);
    expect(asked[0]!.context.sessionId).not.toBe(asked[1]!.context.sessionId);
    expect(ended).toEqual(
      asked.map(({ context: { sessionId } }) => ({
        target: expect.objectContaining({ agentRuntimeArn: RUNTIME_ARN, qualifier: 'DEFAULT' }),
        sessionId,
      })),
    );
  });

  it('of a Bedrock agent leaves no session behind either', async () => {
    await ask({ tool: 'billing', input: { prompt: 'What do I owe?' } });

    expect(ended).toMatchObject([{ target: { agentId: 'AGENT00001' }, sessionId: asked[0]!.context.sessionId }]);
  });

  describe('of an agent that wants other tools run first', () => {
    const wanted = [
      {
        ...{ name: 'status', kind: 'scripted', input: { order: '1' }, output: { state: 'sent' } },
        ...{ startMs: expect.any(Number), durationMs: expect.any(Number), outcome: 'answered' },
      },
      {
        ...{ name: 'status', kind: 'scripted', input: { order: 7, token: '[redacted]' } },
        ...{ output: expect.objectContaining({ error: expect.any(String) }), outcome: 'failed' },
        ...{ startMs: expect.any(Number), durationMs: expect.any(Number), code: 'TOOL_INPUT_INVALID' },
      },
    ];
    beforeEach(() => {
      actions = [
        { name: 'status', input: { order: '1' }, wantsConsent: false },
        { name: 'status', input: { order: 7, token: 'abcdefgh' }, wantsConsent: false },
      ];
    });

    it('shows them as the record of a call does: what came of each, without secrets', async () => {
      const { status, body } = await ask({ tool: 'billing', input: { prompt: 'What do I owe?' } });

      expect(status).toBe(200);
      expect(body).toEqual({
        ...{ outcome: 'answered', output: { answer: 'It is on its way.' }, durationMs: expect.any(Number) },
        wanted: [wanted[0], expect.objectContaining(wanted[1]!)],
      });
    });

    it('shows them when the agent fails afterwards', async () => {
      answer = async () => {
        throw new BridgeError('TOOL_FAILED', 'the agent refused the request', { reason: 'refused' });
      };

      expect((await ask({ tool: 'billing', input: { prompt: 'What do I owe?' } })).body).toMatchObject({
        ...{ outcome: 'failed', code: 'TOOL_FAILED', why: { reason: 'refused' } },
        wanted,
      });
    });
  });

  it('that asks for something of the call says so, and nothing is done', async () => {
    const orderCount = api.orders.length;

    expect((await ask({ tool: 'person', input: { reason: 'A refund.' } })).body).toMatchObject({
      outcome: 'handoff',
      to: '+14155550142',
      warm: false,
      output: { reason: 'A refund.' },
    });
    expect((await ask({ tool: 'end_call' })).body).toMatchObject({ outcome: 'hang-up' });
    expect(api.orders.length).toBe(orderCount);
  });

  it('that fails is an outcome with its code, and says why', async () => {
    const service = 'ValidationException: the qualifier is unknown; token=abcdefgh12345';
    answer = async () => {
      const details = { reason: 'refused', retryable: false, service, status: 400 };
      throw new BridgeError('TOOL_FAILED', 'the agent refused the request', details);
    };
    const { status, body } = await ask({ tool: 'orders', input: { prompt: 'x' } });

    expect(status).toBe(200);
    expect(body).toMatchObject({
      outcome: 'failed',
      code: 'TOOL_FAILED',
      output: { error: 'the agent refused the request', advice: expect.any(String) },
      why: {
        reason: 'refused',
        service: 'ValidationException: the qualifier is unknown; token=[redacted]',
        problem: 'HTTP 400',
      },
    });
  });

  it('begins anew each time: what a call would remember is not kept', async () => {
    for (const _time of [1, 2]) {
      expect((await ask({ tool: 'status', input: { order: '1' } })).body).toMatchObject({ output: { state: 'sent' } });
    }
  });

  it('is of the version that is named', async () => {
    const { id } = await api.agent({ tools: [TOOLS[4]] });
    await api.api('PATCH', `/api/agents/${id}`, { body: { tools: [] } });

    expect((await ask({ tool: 'end_call', agentVersion: 1 }, id)).body.outcome).toBe('hang-up');
    expect((await ask({ tool: 'end_call' }, id)).status).toBe(404);
    expect((await ask({ tool: 'end_call', agentVersion: 3 }, id)).status).toBe(404);
  });

  it('must be one of a known agent', async () => {
    expect(await ask({ tool: 'orders' }, 'agent_none')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await ask({ tool: 'none' })).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND', detail: 'The agent has no tool "none".' },
    });
  });

  it.each([
    ['status', { lines: ['one'], more: 1 }, ['input.lines.0', 'input.more', 'input.order']],
    ['orders', {}, ['input']],
  ])('%s is not run with %j, and every bad field is named', async (tool, input, fields) => {
    const { status, body } = await ask({ tool, input });

    expect(status).toBe(400);
    expect(body.errors.map(({ field }: { field: string }) => field).sort()).toEqual(fields);
    expect([asked, ended]).toEqual([[], []]);
  });

  it('of an MCP server that was not listed yet is looked for there', async () => {
    refresh = async () => {
      listed = [SEARCH];
    };

    expect((await ask({ tool: 'search', input: { words: 'red shoes' } })).body).toMatchObject({
      outcome: 'answered',
      output: { remoteName: 'search', input: { words: 'red shoes' } },
    });
    expect((await ask({ tool: 'search', input: { words: 7 } })).body.errors).toMatchObject([{ field: 'input.words' }]);
  });

  it('of an MCP server that cannot be asked fails for that reason', async () => {
    refresh = async () => {
      throw new BridgeError('TOOL_FAILED', 'the tool server cannot be reached', { reason: 'unavailable' });
    };

    expect((await ask({ tool: 'search', input: {} })).body).toMatchObject({
      outcome: 'failed',
      output: { error: 'the tool server cannot be reached' },
      why: { reason: 'unavailable' },
    });
  });

  it('is given up when whoever asked goes away', async () => {
    const base = await api.listen();
    const gone = new AbortController();
    const begun = new Promise<AbortSignal>((resolve) => {
      answer = (signal) => {
        resolve(signal);
        return new Promise(() => {});
      };
    });
    const { token } = await api.tokenOf('tester');
    const asking = fetch(`${base}/api/agents/${agentId}/ask`, {
      method: 'POST',
      signal: gone.signal,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ tool: 'orders', input: { prompt: 'x' } }),
    });
    const signal = await begun;
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    gone.abort();

    await expect(asking).rejects.toThrow();
    await aborted;
    // It is on the audit trail before another test looks there.
    await vi.waitFor(async () => expect((await lastAsked()).after.outcome).toBe('failed'), {
      interval: 10,
      timeout: 60_000,
    });
  });

  it('is entered in the audit trail, without what was said', async () => {
    await ask({ tool: 'orders', input: { prompt: 'My name is Annabel.' } });
    const entry = await lastAsked();

    expect(entry.after).toEqual({ version: 1, tool: 'orders', outcome: 'answer' });
    expect(JSON.stringify(entry)).not.toContain('Annabel');
  });
});

describe('the tools of an agent', () => {
  const tools = async (id = agentId, query = '') => (await api.api('GET', `/api/agents/${id}/tools${query}`)).body;

  it('are what the voice model is given, those of MCP servers one by one', async () => {
    const before = (await tools()).items.map(({ name }: { name: string }) => name);
    listed = [SEARCH];
    const { items, nextCursor } = await tools();

    expect(before).toEqual(['orders', 'billing', 'status', 'person', 'end_call']);
    expect(nextCursor).toBeNull();
    expect(items.map(({ name, kind }: Record<string, string>) => [name, kind])).toEqual([
      ...TOOLS.map(({ name, kind }) => [name, kind]),
      ['search', 'mcp'],
    ]);
    expect(items.at(-1)).toMatchObject({ description: 'Searches.', inputSchema: SEARCH.inputSchema });
    expect(items[0].inputSchema).toMatchObject({ required: ['prompt'] });
    expect(items[2].inputSchema).toEqual(ORDER_SCHEMA);
  });

  it('say how long they have kept callers waiting, on any instance, and count no trials', async () => {
    const { id } = await api.agent({ tools: TOOLS });
    await ask({ tool: 'status', input: { order: '1' } }, id);
    const before = await tools(id);
    const run = { kind: 'scripted', input: {}, output: {}, startMs: 0, outcome: 'answered' } as const;
    opened.tell('CA-waits', rang({ agentId: id, agentVersion: 1 }));
    opened.tell('CA-waits', { kind: 'toolChanged', toolCall: { ...run, id: 't1', name: 'Status', durationMs: 700 } });
    await opened.store.flush(20_000);
    const { items } = await tools(id);

    expect(before.items.map(({ waits }: { waits: unknown }) => waits)).toEqual([null, null, null, null, null]);
    expect(items[2].waits).toEqual({ count: 1, p50Ms: 700, p95Ms: 700 });
    expect(items[0].waits).toBeNull();
  });

  it('come with the MCP servers that could not be asked, and why', async () => {
    const details = { reason: 'credentials', tokenStatus: 401, oauthError: 'invalid_client' };
    problem = { error: new BridgeError('TOOL_FAILED', 'the tool server does not let us in', details), sinceMs: 7000.4 };
    const { problems } = await tools();
    problem = undefined;

    expect(problems).toEqual([
      {
        url: MCP.url,
        reason: 'credentials',
        problem: expect.stringContaining('invalid_client'),
        message: 'the tool server does not let us in',
        sinceMs: 7000,
      },
    ]);
    expect((await tools()).problems).toEqual([]);
  });

  it('are those of the version that is named', async () => {
    const { id } = await api.agent({ tools: [TOOLS[4]] });
    await api.api('PATCH', `/api/agents/${id}`, { body: { tools: [] } });

    expect((await tools(id)).items).toEqual([]);
    expect((await tools(id, '?agentVersion=1')).items).toHaveLength(1);
    expect((await tools(id, '?agentVersion=9')).status).toBe(404);
  });
});
