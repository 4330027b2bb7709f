import { describe, expect, it } from 'vitest';
import { DEFAULT_CREDENTIALS, DEFAULT_REGION } from '../../src/emulator/aws/signature.js';
import { BridgeError } from '../../src/errors.js';
import { gatewaySigner } from '../../src/mcp/gateway-signer.js';
import { TimerClock } from '../emulator/mcp/timer-clock.js';
import { echo, isCall, rig } from './rig.js';

describe('a bearer token', () => {
  it('goes with every request, also for the stream of the server and the goodbye', async () => {
    const { call, servers, remote } = await rig({ bearer: 'good' }, { authorization: async () => 'Bearer good' });

    await call(echo.name);
    await remote.streaming();
    await servers.close();

    expect(new Set(remote.requests.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer good']));
    expect(new Set(remote.requests.map(({ method }) => method))).toEqual(new Set(['POST', 'GET', 'DELETE']));
  });

  it('is asked for once more when the server refuses it', async () => {
    const refusals: (string | undefined)[] = [];
    const { call, remote } = await rig(
      { bearer: 'old' },
      {
        authorization: async (_server, _signal, refused) => {
          refusals.push(refused);
          return refused === undefined && !refusals.includes('Bearer old') ? 'Bearer old' : 'Bearer new';
        },
      },
    );
    await call(echo.name);
    await remote.streaming();
    refusals.length = 0;
    remote.setBearer('new');

    expect(await call(echo.name, { n: 1 })).toMatchObject({ output: { text: '{"n":1}' } });

    expect(refusals).toEqual([undefined, 'Bearer old']);
    expect(remote.requests.filter(isCall).map(({ status }) => status)).toEqual([200, 401, 200]);
  });

  it('is not asked for a third time', async () => {
    let count = 0;
    const { call, remote } = await rig({ bearer: 'good' }, { authorization: async () => `Bearer ${count++}` });

    await expect(call(echo.name)).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: 'the tool server does not let this telephone system in',
      details: { reason: 'credentials', retryable: false },
    });
    expect(remote.requests.map(({ status }) => status)).toEqual([401, 401]);
  });

  it('that cannot be had is no token of the server', async () => {
    const away = new BridgeError('TOOL_FAILED', 'the sign-in to the agent is away', { reason: 'unavailable' });
    const refusal = { reason: 'credentials', tokenStatus: 401, oauthError: 'invalid_client' };
    const refused = new BridgeError('TOOL_FAILED', 'the agent does not let this telephone system in', refusal);
    const troubles: unknown[] = [away, refused, new Error('no such client: secret')];
    const { call, remote } = await rig({}, { authorization: () => Promise.reject(troubles.shift()) });

    await expect(call(echo.name)).rejects.toMatchObject({
      message: 'the sign-in to the tool server does not work at the moment',
      details: { reason: 'unavailable', retryable: true },
    });
    await expect(call(echo.name)).rejects.toMatchObject({
      message: 'the tool server does not let this telephone system in',
      details: { ...refusal, retryable: false },
    });
    await expect(call(echo.name)).rejects.toMatchObject({
      message: 'the bridge has no credentials for the tool server',
      details: { reason: 'credentials', retryable: false },
    });
    expect(remote.requests).toEqual([]);
  });
});

describe('a signature', () => {
  const signing = { service: 'bedrock-agentcore', region: DEFAULT_REGION, credentials: DEFAULT_CREDENTIALS };
  const place = { region: DEFAULT_REGION, credentials: DEFAULT_CREDENTIALS };

  async function signedRig(from: typeof place | undefined) {
    const signer = from && gatewaySigner(from, new TimerClock());
    const { servers, remote, server, abort } = await rig({ signing }, signer ? { signer: signer.sign } : {});
    const call = (trace?: Record<string, string>) =>
      servers.call(
        { ...server, auth: { kind: 'sigv4' } },
        echo.name,
        { words: 'schön & gut' },
        {
          signal: abort.signal,
          ...(trace && { trace }),
        },
      );
    return { call, servers, remote, close: () => signer?.close() };
  }

  it('is accepted for every request', async () => {
    const { call, servers, remote, close } = await signedRig(place);

    expect(await call({ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' })).toEqual({
      output: { text: '{"words":"schön & gut"}' },
      isError: false,
    });
    await remote.streaming();
    await servers.close();
    close();

    expect(remote.requests.every(({ status }) => status === 200 || status === 202)).toBe(true);
    expect(remote.requests.some(({ method }) => method === 'DELETE')).toBe(true);
  });

  it('of somebody else is refused', async () => {
    const { call, close } = await signedRig({
      ...place,
      credentials: { ...DEFAULT_CREDENTIALS, secretAccessKey: 'another' },
    });

    await expect(call()).rejects.toMatchObject({ details: { reason: 'credentials', retryable: false } });
    close();
  });

  it('needs a signer', async () => {
    const { call, remote } = await signedRig(undefined);

    await expect(call()).rejects.toMatchObject({ details: { reason: 'credentials', retryable: false } });
    expect(remote.requests).toEqual([]);
  });

  it.each([
    ['https://orders-a1b2c3.gateway.bedrock-agentcore.eu-west-1.amazonaws.com/mcp', 'eu-west-1'],
    ['https://bedrock-agentcore.us-west-2.amazonaws.com/runtimes/arn%3Aaws/invocations?qualifier=DEFAULT', 'us-west-2'],
    ['https://tools.example.com/mcp', DEFAULT_REGION],
  ])('for %s is for %s', async (url, region) => {
    const { sign, close } = gatewaySigner(place, new TimerClock(Date.UTC(2026, 4, 1)));

    const headers = await sign({ method: 'POST', url: new URL(url), headers: {}, body: '{}' });
    close();

    expect(headers['x-amz-date']).toBe('20260501T000000Z');
    expect(headers.authorization).toContain(
      `Credential=${DEFAULT_CREDENTIALS.accessKeyId}/20260501/${region}/bedrock-agentcore/aws4_request`,
    );
  });
});
