import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { connected, INITIALIZE, post, standIn } from './client.js';
import { TimerClock } from './timer-clock.js';

const inputSchema = { type: 'object' };
const echo = { name: 'echo', inputSchema, answer: (input: object) => ({ content: [text(JSON.stringify(input))] }) };
const text = (words: string) => ({ type: 'text', text: words });

describe.each(['json', 'sse'] as const)('a server that answers in %s', (answers) => {
  it('introduces itself, lists its tools page by page and runs them', async () => {
    const tools = ['a', 'b', 'c'].map((name) => ({ ...echo, name }));
    const server = await standIn({ tools, pageSize: 2, answers });
    const { client, transport } = await connected(server.url);

    const first = await client.listTools();
    const second = await client.listTools({ cursor: first.nextCursor });
    const result = await client.callTool({ name: 'c', arguments: { n: 1 } });

    expect(transport.sessionId).toBeDefined();
    expect(transport.protocolVersion).toBe('2025-11-25');
    expect([first, second].map((page) => page.tools.map(({ name }) => name))).toEqual([['a', 'b'], ['c']]);
    expect(second.nextCursor).toBeUndefined();
    expect(result.content).toEqual([text('{"n":1}')]);
    expect(server.requests.map(({ rpc }) => rpc)).toEqual(
      expect.arrayContaining(['initialize', 'notifications/initialized', 'tools/list', 'tools/call']),
    );
  });

  it('tells errors of the protocol from tools that fail', async () => {
    const failing = { name: 'fails', inputSchema, answer: () => ({ content: [text('out of stock')], isError: true }) };
    const broken = { name: 'broken', inputSchema, answer: () => ({ error: { code: -32603, message: 'no database' } }) };
    const server = await standIn({ tools: [failing, broken], answers });
    const { client } = await connected(server.url);

    expect(await client.callTool({ name: 'fails' })).toEqual({ content: [text('out of stock')], isError: true });
    await expect(client.callTool({ name: 'broken' })).rejects.toMatchObject({ code: -32603 });
    await expect(client.callTool({ name: 'unknown' })).rejects.toMatchObject({ code: -32602 });
    await expect(client.listTools({ cursor: 'nonsense' })).rejects.toMatchObject({ code: -32602 });
    await expect(client.listPrompts()).rejects.toThrow();
  });
});

describe('sessions', () => {
  it('end with a DELETE, and are unknown from then on', async () => {
    const server = await standIn();
    const { client, transport } = await connected(server.url);
    const id = transport.sessionId!;

    await transport.terminateSession();
    const answer = await post(server.url, { jsonrpc: '2.0', id: 9, method: 'tools/list' }, { 'mcp-session-id': id });

    expect(server.sessionCount).toBe(0);
    expect(answer.status).toBe(404);
    await client.close();
  });

  it('are unknown after a restart', async () => {
    const server = await standIn();
    const { client } = await connected(server.url);

    server.forgetSessions();

    await expect(client.listTools()).rejects.toMatchObject({ code: 404 });
  });

  it('are not needed by a server that keeps none', async () => {
    const server = await standIn({ tools: [echo], sessions: 'none' });
    const { client, transport } = await connected(server.url);

    expect((await client.listTools()).tools).toHaveLength(1);
    expect(transport.sessionId).toBeUndefined();
    expect((await server.arrived(({ method }) => method === 'GET')).status).toBe(405);
  });

  it('hear of other tools on a stream of the server', async () => {
    const server = await standIn({ tools: [echo] });
    const { client } = await connected(server.url);
    const changed = new Promise((resolve) => client.setNotificationHandler(ToolListChangedNotificationSchema, resolve));
    await server.streaming();

    server.setTools([]);

    expect(await changed).toMatchObject({ method: 'notifications/tools/list_changed' });
    expect((await client.listTools()).tools).toEqual([]);
    expect(server.streamCount).toBe(1);
  });
});

describe('the transport', () => {
  it.each([
    ['no JSON', '{', {}, 400],
    ['a batch', [INITIALIZE], {}, 400],
    ['another version of JSON-RPC', { ...INITIALIZE, jsonrpc: '1.0' }, {}, 400],
    ['a client that takes no event streams', INITIALIZE, { accept: 'application/json' }, 406],
    ['another type of content', INITIALIZE, { 'content-type': 'text/plain' }, 415],
    ['no session', { jsonrpc: '2.0', id: 1, method: 'tools/list' }, {}, 400],
    ['an unknown session', { jsonrpc: '2.0', id: 1, method: 'tools/list' }, { 'mcp-session-id': 'x' }, 404],
    ['an introduction without a name', { ...INITIALIZE, params: { protocolVersion: 'x' } }, {}, 400],
  ])('refuses %s', async (_what, body, headers, status) => {
    const server = await standIn();

    const answer = await post(server.url, body, headers as Record<string, string>);

    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ jsonrpc: '2.0', error: { code: expect.any(Number) } });
  });

  it('wants the agreed version in every request, and the introduction to be over', async () => {
    const server = await standIn();
    const session = { 'mcp-session-id': (await post(server.url, INITIALIZE)).headers.get('mcp-session-id')! };
    const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' };
    const version = { 'mcp-protocol-version': '2025-11-25' };

    const statuses = [
      await post(server.url, list, session),
      await post(server.url, list, { ...session, 'mcp-protocol-version': '2024-11-05' }),
      await post(server.url, list, { ...session, ...version }),
      await post(server.url, { jsonrpc: '2.0', method: 'notifications/initialized' }, { ...session, ...version }),
      await post(server.url, list, { ...session, ...version }),
    ].map(({ status }) => status);

    expect(statuses).toEqual([400, 400, 400, 202, 200]);
  });

  it('wants the bearer token', async () => {
    const server = await standIn({ bearer: 'good' });

    await expect(connected(server.url, { authorization: 'Bearer bad' })).rejects.toMatchObject({ code: 401 });
    await connected(server.url, { authorization: 'Bearer good' });

    expect((await post(server.url, INITIALIZE)).headers.get('www-authenticate')).toContain('Bearer');
  });

  it('is told when a call is cancelled', async () => {
    let cancelled: (() => void) | undefined;
    const stopped = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    const slow = {
      name: 'slow',
      inputSchema,
      answer: (_input: object, { signal }: { signal: AbortSignal }) => {
        signal.addEventListener('abort', () => cancelled?.());
        return new Promise<never>(() => undefined);
      },
    };
    const server = await standIn({ tools: [slow] });
    const { client } = await connected(server.url);
    const abort = new AbortController();
    const called = client.callTool({ name: 'slow' }, undefined, { signal: abort.signal });
    await server.arrived(({ tool }) => tool === 'slow');

    abort.abort();

    await expect(called).rejects.toThrow();
    await stopped;
  });
});

describe('on demand', () => {
  const list = ({ rpc }: { rpc: string | undefined }) => rpc === 'tools/list';

  it.each([
    [{ kind: 'http', status: 429, headers: { 'retry-after': '1' } }, { code: 429 }],
    [{ kind: 'html', status: 502 }, { code: 502 }],
    [{ kind: 'html', status: 200 }, { code: -1 }],
    [{ kind: 'garbage' }, { name: 'SyntaxError' }],
    [{ kind: 'reset' }, { message: 'fetch failed' }],
    [{ kind: 'rpc-error', code: -32050, message: 'no' }, { code: -32050 }],
  ] as const)('a request meets %o once', async (fault, error) => {
    const server = await standIn({ tools: [echo] });
    const { client } = await connected(server.url);
    server.failNext(fault, 1, list);

    await expect(client.listTools()).rejects.toMatchObject(error);

    expect((await client.listTools()).tools).toHaveLength(1);
  });

  it.each([{ kind: 'hang' }, { kind: 'cut', afterBytes: 20 }, { kind: 'unanswered' }] as const)(
    'a request meets %o, and the client waits in vain',
    async (fault) => {
      const server = await standIn({ tools: [echo] });
      const { client } = await connected(server.url);
      server.failNext(fault, 1, list);
      const abort = new AbortController();
      const listed = client.listTools({}, { signal: abort.signal });
      const request = await server.arrived(list);

      if (fault.kind === 'hang') expect(server.openRequests).toBe(1);
      else expect(await request.ended).toBe(fault.kind === 'cut' ? 'gone' : 'answered');
      abort.abort();

      await expect(listed).rejects.toThrow();
    },
  );

  it('an answer takes its time, on the clock', async () => {
    const clock = new TimerClock();
    const server = await standIn({ clock, tools: [{ ...echo, answer: () => ({ delayMs: 300 }) }] });
    const { client } = await connected(server.url);
    server.failNext({ kind: 'slow', ms: 500 }, 1, ({ tool }) => tool === 'echo');
    const late = clock.timer(500);
    const called = client.callTool({ name: 'echo' });

    await late;
    const later = clock.timer(300);
    clock.advance(500);
    await later;
    clock.advance(300);

    expect(await called).toEqual({ content: [] });
  });
});
