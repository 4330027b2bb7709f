import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { type Answer, failureOfPromise, sendJson } from './rig.js';
import { tokensForTests } from './token-rig.js';

const IDENTITY = { kind: 'agentcore-identity', provider: 'orders-login', scopes: ['orders/read'] } as const;
const rig = tokensForTests();

describe('a token of AgentCore Identity', () => {
  const identity =
    (accessToken: unknown): Answer =>
    ({ url }, response) =>
      sendJson(
        response,
        200,
        url.includes('Workload') ? { workloadAccessToken: 'workload-1' } : (accessToken as object),
      );

  it('is asked for as a machine, with the workload token', async () => {
    const { server, ask } = await rig(identity({ accessToken: 'abc' }));

    expect(await ask(IDENTITY)).toBe('Bearer abc');
    expect(server.received.map(({ url, body }) => [url, JSON.parse(body)])).toEqual([
      ['/identities/GetWorkloadAccessToken', { workloadName: 'bridge' }],
      [
        '/identities/oauth2/token',
        {
          workloadIdentityToken: 'workload-1',
          resourceCredentialProviderName: 'orders-login',
          scopes: ['orders/read'],
          oauth2Flow: 'M2M',
        },
      ],
    ]);
  });

  it('is kept as long as it says itself', async () => {
    const clock = new FakeClock();
    const claims = Buffer.from(JSON.stringify({ exp: clock.now() / 1000 + 1000 })).toString('base64url');
    const { server, ask, clock: running } = await rig(identity({ accessToken: `eyJh.${claims}.sig` }));
    await ask(IDENTITY);

    running.advance(790_000);
    await ask(IDENTITY);
    expect(server.received).toHaveLength(2);
    running.advance(190_000);
    await ask(IDENTITY);
    expect(server.received).toHaveLength(4);
  });

  it.each([
    ['consent', { authorizationUrl: 'https://login.example.com' }, 'the provider wants the consent of a person'],
    ['nothing', {}, 'there was no token'],
  ])('fails when there is %s instead', async (_, answer, problem) => {
    const { ask } = await rig(identity(answer));

    expect(await failureOfPromise(ask(IDENTITY))).toMatchObject({ details: { reason: 'credentials', problem } });
  });

  it('fails without a workload identity, and asks nobody', async () => {
    const { server, ask } = await rig(identity({}), { identity: {} });

    expect(await failureOfPromise(ask(IDENTITY))).toMatchObject({
      details: { reason: 'credentials', problem: 'no workload identity is configured' },
    });
    expect(server.received).toHaveLength(0);
  });

  it('fails when the bridge may not have it', async () => {
    const { ask } = await rig((_request, response) =>
      sendJson(response, 403, { message: 'no' }, { 'x-amzn-errortype': 'AccessDeniedException' }),
    );

    expect(await failureOfPromise(ask(IDENTITY))).toMatchObject({
      details: { reason: 'credentials', tokenStatus: 403 },
    });
  });
});
