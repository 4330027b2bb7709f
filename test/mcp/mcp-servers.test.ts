import { describe, expect, it } from 'vitest';
import { startMcpServer } from '../../src/emulator/mcp/server.js';
import { standIn } from '../emulator/mcp/client.js';
import { bridge, echo, inputSchema, isCall, isList, isRpc, rig, text } from './rig.js';

const MINUTE_MS = 60_000;

describe('the tools of a server', () => {
  it('are none until they were listed once, in the background', async () => {
    const { servers, server, remote } = await rig();

    expect(servers.toolsOf(server)).toEqual([]);
    await remote.arrived(isList);
    await servers.refresh(server);

    expect(servers.toolsOf(server)).toEqual([
      { name: echo.name, remoteName: echo.name, description: 'Repeats.', inputSchema },
    ]);
    expect(remote.requests.filter(isList)).toHaveLength(1);
  });

  it('are read page by page', async () => {
    const tools = Array.from({ length: 7 }, (_, at) => ({ ...echo, name: `tool_${at}` }));
    const { servers, server } = await rig({ tools, pageSize: 3 });

    expect((await servers.refresh(server)).map(({ name }) => name)).toEqual(tools.map(({ name }) => name));
  });

  it('are those that the agent is allowed; agents share the list', async () => {
    const tools = ['a', 'b.c', 'd'].map((name) => ({ ...echo, name }));
    const { servers, server, remote, abort } = await rig({ tools });
    const limited = { ...server, allow: ['b.c'] };

    expect((await servers.refresh(limited)).map(({ remoteName }) => remoteName)).toEqual(['b.c']);
    expect(servers.toolsOf(server)).toHaveLength(3);
    await expect(servers.call(limited, 'a', {}, { signal: abort.signal })).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      details: { reason: 'refused', retryable: false },
    });
    expect(remote.requests.filter(isList)).toHaveLength(1);
    expect(remote.requests.filter(isCall)).toEqual([]);
  });

  it('are refreshed in the background after five minutes, by one request', async () => {
    const { servers, server, remote, clock } = await rig();
    await servers.refresh(server);
    remote.forgetSessions();
    clock.advance(5 * MINUTE_MS - 1);
    servers.toolsOf(server);
    expect(remote.requests.filter(isList)).toHaveLength(1);

    clock.advance(1);
    const known = [servers.toolsOf(server), servers.toolsOf(server)];
    await Promise.all([servers.refresh(server), servers.refresh(server)]);

    expect(known.map((tools) => tools.length)).toEqual([1, 1]);
    // One that met the forgotten session, and one within the new session.
    expect(remote.requests.filter(isList).map(({ status }) => status)).toEqual([200, 404, 200]);
  });

  it('are listed anew when the server says that they changed', async () => {
    const { servers, server, remote } = await rig();
    await servers.refresh(server);
    await remote.arrived(isList);
    await remote.streaming();

    remote.setTools([echo, { ...echo, name: 'another' }]);
    await remote.arrived(isList);
    await servers.refresh(server);

    expect(servers.toolsOf(server).map(({ name }) => name)).toEqual([echo.name, 'another']);
    expect(remote.requests.filter(isList)).toHaveLength(2);
  });

  it('are listed once more when they changed while they were listed', async () => {
    const { servers, server, remote, clock } = await rig();
    await servers.refresh(server);
    await remote.arrived(isList);
    await remote.streaming();
    remote.failNext({ kind: 'hang' }, 1, isList);
    const slow = servers.refresh(server);
    const hanging = await remote.arrived(isList);

    remote.setTools([]);
    // The notice travels on a stream of its own: a call behind it shows that it has been read.
    await servers.call(server, echo.name, {}, { signal: new AbortController().signal }).catch(() => undefined);
    clock.advance(10_000);

    await expect(slow).rejects.toMatchObject({ details: { reason: 'unavailable', retryable: true } });
    expect(await hanging.ended).toBe('gone');
    await remote.arrived(isList);
    expect(await servers.refresh(server)).toEqual([]);
  });

  it('stay what they were when the server cannot list them, which is not tried at once again', async () => {
    const { servers, server, remote, clock, lines } = await rig();
    await servers.refresh(server);
    clock.advance(5 * MINUTE_MS);
    remote.failNext({ kind: 'html', status: 502 }, 1, isList);

    await expect(servers.refresh(server)).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: 'the tool server cannot be reached at the moment',
      details: { reason: 'unavailable', retryable: true },
    });
    expect(servers.toolsOf(server)).toHaveLength(1);
    expect(remote.requests.filter(isList)).toHaveLength(2);
    expect(lines).toEqual([]);

    clock.advance(30_000);
    remote.failNext({ kind: 'rpc-error', code: -32603, message: 'no database' }, 1, isList);
    expect(servers.toolsOf(server)).toHaveLength(1);
    await expect(servers.refresh(server)).rejects.toThrow('no database');

    expect(lines).toMatchObject([
      {
        msg: 'tools of an mcp server could not be listed',
        mcpServer: remote.url,
        reason: 'agent-error',
        error: 'the tool server: no database',
      },
    ]);
  });

  it('are listed every five minutes while an agent has them, though nobody calls', async () => {
    const { servers, server, remote, clock } = await rig();
    servers.keepListed([server, { ...server, allow: [echo.name] }]);
    await remote.arrived(isList);
    await servers.refresh(server);

    remote.setTools([]);
    await remote.arrived(isList);
    await servers.refresh(server);
    clock.advance(5 * MINUTE_MS);
    await remote.arrived(isList);
    await servers.refresh(server);

    expect(remote.requests.filter(isList)).toHaveLength(3);
    expect(servers.toolsOf(server)).toEqual([]);

    servers.keepListed([]);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(30 * MINUTE_MS);
    expect(remote.requests.filter(isList)).toHaveLength(3);
    expect(clock.pendingTimers).toBe(0);
  });

  it('are tried again after half a minute when a server cannot be reached; that is said once', async () => {
    const { servers, server, remote, clock, lines } = await rig();
    remote.failNext({ kind: 'html', status: 502 }, 3, isList);
    servers.keepListed([server]);
    await expect(servers.refresh(server)).rejects.toMatchObject({ details: { reason: 'unavailable' } });

    for (const _again of [1, 2]) {
      clock.advance(30_000);
      await expect(servers.refresh(server)).rejects.toMatchObject({ details: { reason: 'unavailable' } });
    }
    clock.advance(30_000);

    expect(await servers.refresh(server)).toHaveLength(1);
    expect(lines.map(({ msg }) => msg)).toEqual([
      'tools of an mcp server could not be listed',
      'tools of an mcp server are listed again',
    ]);
  });

  it.each([{ tools: 'all' }, { tools: [echo], nextCursor: 7 }])('are not read from %o', async (result) => {
    const { servers, server, remote } = await rig();
    remote.failNext({ kind: 'http', status: 200, body: JSON.stringify({ jsonrpc: '2.0', id: 1, result }) }, 1, isList);

    await expect(servers.refresh(server)).rejects.toMatchObject({ details: { reason: 'bad-answer' } });
  });

  it('that cannot be listed are a problem of their server, told with its reason, since when, and until it lists again', async () => {
    const { servers, server, remote, clock } = await rig();
    expect(servers.problemOf(server)).toBeUndefined();
    remote.failNext({ kind: 'http', status: 403 }, 2, isList);
    await expect(servers.refresh(server)).rejects.toThrow();
    clock.advance(40_000);
    await expect(servers.refresh(server)).rejects.toThrow();
    clock.advance(2000);

    expect(servers.problemOf(server)).toMatchObject({
      error: { details: { reason: 'credentials', status: 403 } },
      sinceMs: 42_000,
    });
    await servers.refresh(server);
    expect(servers.problemOf(server)).toBeUndefined();
  });

  it('are waited for no longer than the signal lets one', async () => {
    const { servers, server, remote } = await rig();
    remote.failNext({ kind: 'hang' }, 1, isRpc('initialize'));
    const abort = new AbortController();
    const waited = servers.refresh(server, abort.signal);
    await remote.arrived(isRpc('initialize'));

    abort.abort();

    await expect(waited).rejects.toMatchObject({ details: { reason: 'cancelled' } });
  });
});

describe.each(['json', 'sse'] as const)('a call answered in %s', (answers) => {
  it('brings the output of the tool, without its images', async () => {
    const photo = {
      name: 'photo',
      inputSchema,
      answer: () => ({ content: [text('here'), { type: 'image', data: 'AAAA', mimeType: 'image/png' }] }),
    };
    const stock = {
      name: 'stock',
      inputSchema,
      answer: () => ({ content: [text('3')], structuredContent: { left: 3 } }),
    };
    const { call } = await rig({ answers, tools: [echo, photo, stock] });

    expect(await call(echo.name, { id: 'é' })).toEqual({ output: { text: '{"id":"é"}' }, isError: false });
    expect((await call('photo')).output).toEqual({ text: 'here', leftOut: ['image (image/png)'] });
    expect((await call('stock')).output).toEqual({ left: 3 });
  });

  it('says when the tool itself failed', async () => {
    const answer = () => ({ content: [text('no such order')], isError: true });
    const { call } = await rig({ answers, tools: [{ name: 'fails', inputSchema, answer }] });

    expect(await call('fails')).toEqual({ output: { text: 'no such order' }, isError: true });
  });

  it('carries the trace, in the message and in the headers', async () => {
    const { call, remote } = await rig({ answers });
    const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=1' };

    await call(echo.name, {}, { trace });

    const { headers, params } = remote.requests.find(isCall)!;
    expect(headers).toMatchObject(trace);
    expect(params._meta).toEqual(trace);
  });

  it('closes its request when it is given up, and leaves the session to others', async () => {
    const { call, servers, server, remote, abort } = await rig({ answers });
    const other = new AbortController().signal;
    await servers.call(server, echo.name, {}, { signal: other });
    await remote.arrived(isCall);
    remote.failNext({ kind: 'hang' }, 1, isCall);
    const given = call(echo.name);
    const request = await remote.arrived(isCall);

    abort.abort();

    await expect(given).rejects.toMatchObject({ code: 'TOOL_FAILED', details: { reason: 'cancelled' } });
    expect(await request.ended).toBe('gone');
    await remote.arrived(isRpc('notifications/cancelled'));
    expect((await servers.call(server, echo.name, { n: 1 }, { signal: other })).output).toEqual({ text: '{"n":1}' });
    expect(remote.requests.filter(isRpc('initialize'))).toHaveLength(1);
  });
});

describe('a session', () => {
  it('is one for all calls at the same time', async () => {
    const { call, remote } = await rig();

    const answers = await Promise.all([1, 2, 3, 4].map((n) => call(echo.name, { n })));

    expect(answers.map(({ output }) => output.text)).toEqual([1, 2, 3, 4].map((n) => `{"n":${n}}`));
    expect(remote.requests.filter(isRpc('initialize'))).toHaveLength(1);
    expect(remote.sessionCount).toBe(1);
  });

  it('is made anew when the server has lost it; calls do not notice', async () => {
    const { call, remote } = await rig();
    await call(echo.name);
    remote.forgetSessions();

    const answers = await Promise.all([call(echo.name, { n: 1 }), call(echo.name, { n: 2 })]);

    expect(answers.map(({ output }) => output.text)).toEqual(['{"n":1}', '{"n":2}']);
    expect(remote.requests.filter(isRpc('initialize'))).toHaveLength(2);
    expect(remote.sessionCount).toBe(1);
  });

  it('is made anew when the server says so in another way', async () => {
    const { call, remote } = await rig();
    await call(echo.name);
    const body = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32000, message: 'No valid session ID' } });
    const stream = await remote.arrived(({ method }) => method === 'GET');
    remote.failNext({ kind: 'http', status: 400, body }, 1, isCall);

    expect(await call(echo.name)).toMatchObject({ isError: false });
    expect(remote.requests.filter(isRpc('initialize'))).toHaveLength(2);
    expect(await stream.ended).toBe('gone');
  });

  it('is made anew when the server was started anew', async () => {
    const { call, remote, server } = await rig();
    await call(echo.name);
    await remote.close();
    await expect(call(echo.name)).rejects.toMatchObject({ details: { reason: 'unavailable', retryable: true } });

    const restarted = await startMcpServer({ tools: [echo], port: Number(new URL(server.url).port) });
    const answer = await call(echo.name, { n: 1 }).finally(() => restarted.close());

    expect(answer.output).toEqual({ text: '{"n":1}' });
  });

  it('is not asked for from a server that keeps none', async () => {
    const { call, remote } = await rig({ sessions: 'none' });

    await call(echo.name);
    await call(echo.name);

    expect(remote.requests.filter(isRpc('initialize'))).toHaveLength(1);
  });

  it('ends when nobody has used it for ten minutes', async () => {
    const { call, remote, clock } = await rig();
    await call(echo.name);
    clock.advance(10 * MINUTE_MS - 1);
    expect(remote.sessionCount).toBe(1);

    clock.advance(1);
    const goodbye = await remote.arrived(({ method }) => method === 'DELETE');
    await goodbye.ended;

    expect(remote.sessionCount).toBe(0);
    expect(await call(echo.name)).toMatchObject({ isError: false });
  });

  it('is given up when the server does not take it up in time', async () => {
    const { call, remote, clock } = await rig();
    remote.failNext({ kind: 'hang' }, 1, isRpc('initialize'));
    const waited = call(echo.name);
    await remote.arrived(isRpc('initialize'));

    clock.advance(10_000);

    await expect(waited).rejects.toMatchObject({ details: { reason: 'unavailable', retryable: true } });
    expect(await call(echo.name)).toMatchObject({ isError: false });
  });

  it('ends at the server when the bridge closes, and so does what is under way', async () => {
    const { call, servers, remote, clock } = await rig();
    await call(echo.name);
    await remote.arrived(isCall);
    remote.failNext({ kind: 'hang' }, 1, isCall);
    const running = call(echo.name);
    running.catch(() => undefined);
    await remote.arrived(isCall);

    await servers.close();

    await expect(running).rejects.toMatchObject({ details: { reason: 'unavailable' } });
    expect(remote.sessionCount).toBe(0);
    expect(clock.pendingTimers).toBe(0);
    await expect(call(echo.name)).rejects.toMatchObject({ details: { reason: 'cancelled' } });
  });

  it('does not hold up the end of the bridge', async () => {
    const { call, servers, remote, clock } = await rig();
    await call(echo.name);
    remote.failNext({ kind: 'hang' }, 1, ({ method }) => method === 'DELETE');
    const closed = servers.close();
    await remote.arrived(({ method }) => method === 'DELETE');

    clock.advance(1000);

    await closed;
  });

  it('is apart for every server and every way to sign in', async () => {
    const { servers } = bridge({ authorization: async ({ auth }) => (auth.kind === 'oauth' ? 'Bearer t' : undefined) });
    const [one, two] = [await standIn({ tools: [echo] }), await standIn({ tools: [] })];
    const server = (url: string) => ({ url, allow: [], auth: { kind: 'none' } as const });
    const oauth = {
      kind: 'oauth',
      tokenUrl: 'https://example.com',
      clientId: 'c',
      clientSecret: 's',
      scopes: [],
    } as const;

    await servers.refresh(server(one.url));
    await servers.refresh(server(two.url));
    await servers.refresh({ ...server(one.url), auth: { ...oauth, scopes: [] } });

    expect([one.sessionCount, two.sessionCount]).toEqual([2, 1]);
    expect(servers.toolsOf(server(two.url))).toEqual([]);
  });
});
