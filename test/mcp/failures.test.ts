import { describe, expect, it } from 'vitest';
import type { McpFault } from '../../src/emulator/mcp/contract.js';
import { BridgeError } from '../../src/errors.js';
import { bridge, echo, inputSchema, isCall, isRpc, rig, text } from './rig.js';

async function failureOf(promise: Promise<unknown>): Promise<BridgeError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BridgeError);
  return error as BridgeError;
}

describe.each(['json', 'sse'] as const)('a server that answers in %s', (answers) => {
  const unavailable = { reason: 'unavailable', retryable: true };
  const notLetIn = { reason: 'credentials', retryable: false };
  const refused = { reason: 'refused', retryable: false };

  it.each<[McpFault, object, string]>([
    [{ kind: 'http', status: 429 }, { reason: 'throttled', retryable: true }, 'the tool server is busy at the moment'],
    [{ kind: 'http', status: 503 }, unavailable, 'the tool server cannot be reached at the moment'],
    [{ kind: 'html', status: 502 }, unavailable, 'the tool server cannot be reached at the moment'],
    [{ kind: 'reset' }, unavailable, 'the tool server cannot be reached at the moment'],
    [{ kind: 'http', status: 403 }, notLetIn, 'the tool server does not let this telephone system in'],
    [{ kind: 'http', status: 400, body: '{"message":"no"}' }, refused, 'the tool server refused the request'],
    [{ kind: 'http', status: 401 }, notLetIn, 'the tool server does not let this telephone system in'],
    [
      { kind: 'html', status: 200 },
      { reason: 'bad-answer', retryable: false },
      'the tool server answered in a way that cannot be read',
    ],
    [
      { kind: 'garbage' },
      { reason: 'bad-answer', retryable: false },
      'the tool server answered in a way that cannot be read',
    ],
    [
      { kind: 'http', status: 302, headers: { location: 'https://elsewhere.example/mcp' } },
      { reason: 'bad-answer', retryable: false },
      'the tool server answered in a way that cannot be read',
    ],
    [
      { kind: 'cut', afterBytes: 30 },
      { reason: 'truncated', retryable: true },
      'the tool server broke off before it had answered',
    ],
    [
      { kind: 'unanswered' },
      { reason: 'truncated', retryable: true },
      'the tool server broke off before it had answered',
    ],
    [{ kind: 'rpc-error', code: -32602, message: 'Unknown tool: x' }, refused, 'the tool server: Unknown tool: x'],
    [
      { kind: 'rpc-error', code: -32000, message: 'out of\n  order' },
      { reason: 'agent-error', retryable: false },
      'the tool server: out of order',
    ],
    [
      { kind: 'rpc-error', code: -32603, message: '<html><body>Internal error</body></html>' },
      { reason: 'agent-error', retryable: false },
      'the tool server could not do it',
    ],
  ])('and meets %o fails in words, and works the next time', async (fault, details, words) => {
    const { call, remote } = await rig({ answers });
    remote.failNext(fault, 1, isCall);

    const error = await failureOf(call(echo.name));

    expect(error).toMatchObject({ code: 'TOOL_FAILED', message: words, details });
    expect(await call(echo.name, { n: 1 })).toEqual({ output: { text: '{"n":1}' }, isError: false });
  });

  it('is read up to one megabyte', async () => {
    const sized = (bytes: number) => ({
      name: `of_${bytes}`,
      inputSchema,
      answer: () => ({ content: [text('x'.repeat(bytes))] }),
    });
    const { call, remote } = await rig({ answers, tools: [sized(1_000_000), sized(1_100_000), sized(12_000_000)] });

    expect((await call('of_1000000')).output.text).toBe('x'.repeat(16_384));
    for (const name of ['of_1100000', 'of_12000000']) {
      const error = await failureOf(call(name));
      expect(error.message).toBe('the answer of the tool server is too large');
      expect(error.details).toEqual({ reason: 'bad-answer', retryable: false });
    }

    // The rest was not taken off the connection.
    expect(await remote.requests.filter(isCall)[2]?.ended).toBe('gone');
  });
});

describe('an answer', () => {
  it.each([{ content: 'text' }, { content: [], isError: 'yes' }, 7])('is not read from %o', async (result) => {
    const { call, remote } = await rig();
    await call(echo.name);
    const id = JSON.parse(remote.requests.find(isCall)!.body).id + 1;
    remote.failNext({ kind: 'http', status: 200, body: JSON.stringify({ jsonrpc: '2.0', id, result }) }, 1, isCall);

    const error = await failureOf(call(echo.name));

    expect(error.details).toMatchObject({ reason: 'bad-answer' });
  });

  it('may follow notifications', async () => {
    const notifications = [{ method: 'notifications/message', params: { level: 'info', data: 'working' } }];
    const answer = () => ({ content: [text('done')], notifications });
    const { call } = await rig({ tools: [{ name: 'slow', inputSchema, answer }] });

    expect((await call('slow')).output).toEqual({ text: 'done' });
  });

  it('that fails names neither the token nor more than a few words', async () => {
    const token = 'secret-token-0123456789';
    const message = `refused "Bearer abc" and ${token} ${'x'.repeat(500)}`;
    const answer = () => ({ error: { code: -32050, message } });
    const { call } = await rig(
      { bearer: token, tools: [{ name: 'leaks', inputSchema, answer }] },
      { authorization: async () => `Bearer ${token}` },
    );

    const error = await failureOf(call('leaks'));

    expect(error.message).not.toContain(token);
    expect(error.message).not.toContain('abc');
    expect(error.message).toMatch(/^the tool server: refused "… and … x+$/);
    expect(error.message.length).toBeLessThanOrEqual(300);
  });
});

describe('a server', () => {
  it('that is not there cannot be reached', async () => {
    const { remote, call } = await rig();
    await remote.close();

    const error = await failureOf(call(echo.name));

    expect(error.details).toEqual({ reason: 'unavailable', retryable: true });
  });

  it('with another path is not found, and is asked once', async () => {
    const { servers } = bridge();
    const { remote } = await rig();
    const server = { url: new URL('/other', remote.url).href, allow: [], auth: { kind: 'none' } as const };

    const error = await failureOf(servers.call(server, echo.name, {}, { signal: new AbortController().signal }));

    expect(error.details).toEqual({ reason: 'not-found', retryable: false, status: 404 });
    expect(remote.requests.filter(isRpc('initialize'))).toHaveLength(1);
  });

  it('that loses every session is given up after the second', async () => {
    const { call, remote } = await rig();
    remote.failNext({ kind: 'http', status: 404 }, 3, isCall);

    const error = await failureOf(call(echo.name));

    expect(error.details).toEqual({ reason: 'not-found', retryable: false, status: 404 });
    expect(remote.requests.filter(isCall)).toHaveLength(2);
  });

  it('that speaks a version nobody knows is not understood', async () => {
    const { call, remote } = await rig();
    const result = { protocolVersion: '1999-01-01', capabilities: {}, serverInfo: { name: 'old', version: '1' } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 0, result });
    remote.failNext({ kind: 'http', status: 200, body }, 1, isRpc('initialize'));

    const error = await failureOf(call(echo.name));

    expect(error.details).toEqual({ reason: 'bad-answer', retryable: false });
  });

  it('is not asked by a call that is over', async () => {
    const { call, remote, abort } = await rig();
    await call(echo.name);
    abort.abort();

    const error = await failureOf(call(echo.name));

    expect(error.details).toEqual({ reason: 'cancelled', retryable: false });
    expect(remote.requests.filter(isCall)).toHaveLength(1);
  });
});
