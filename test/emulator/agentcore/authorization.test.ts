import {
  GetResourceOauth2TokenCommand,
  GetWorkloadAccessTokenCommand,
  InvokeAgentRuntimeCommand,
} from '@aws-sdk/client-bedrock-agentcore';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../src/clock.js';
import { ARN, agentCoreForTests, echo, SESSION } from './place.js';

const place = agentCoreForTests();
const CLIENT = { clientId: 'bridge', clientSecret: 'not+a secret', scopes: ['agents/invoke', 'agents/read'] };
const GRANT = { grant_type: 'client_credentials' };

function basic(id: string, secret: string) {
  const encoded = [id, secret].map((part) => new URLSearchParams({ v: part }).toString().slice(2)).join(':');
  return { authorization: `Basic ${Buffer.from(encoded).toString('base64')}` };
}

async function askFor(tokenUrl: string, form: Record<string, string>, headers: Record<string, string> = {}) {
  const answer = await fetch(tokenUrl, { method: 'POST', headers, body: new URLSearchParams(form) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

async function post(url: string, operation: string, token?: string) {
  const answer = await fetch(`${url}/runtimes/${encodeURIComponent(ARN)}/${operation}?qualifier=DEFAULT`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-amzn-bedrock-agentcore-runtime-session-id': SESSION,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: '{"prompt":"hello"}',
  });
  return { status: answer.status, type: answer.headers.get('x-amzn-errortype'), body: await answer.json() };
}

describe('the token end point', () => {
  it('gives a token to a client that it knows, by header or by form', async () => {
    const { tokenUrl, accepts } = await place.startOauth({ clients: [CLIENT], lifetimeS: 600 });

    const byHeader = await askFor(tokenUrl, GRANT, basic('bridge', 'not+a secret'));
    const byForm = await askFor(tokenUrl, {
      ...GRANT,
      client_id: 'bridge',
      client_secret: 'not+a secret',
      scope: 'agents/read',
    });

    expect(byHeader).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', expires_in: 600, scope: 'agents/invoke agents/read' },
    });
    expect(byForm.body.scope).toBe('agents/read');
    expect([byHeader, byForm].map(({ body }) => accepts(String(body.access_token)))).toEqual([true, true]);
    expect(accepts('made.up.token')).toBe(false);
  });

  it.each<[string, Record<string, string>, Record<string, string>, number, string]>([
    ['another secret', GRANT, basic('bridge', 'wrong'), 401, 'invalid_client'],
    ['an unknown client', GRANT, basic('other', 'x'), 401, 'invalid_client'],
    ['no client at all', GRANT, {}, 401, 'invalid_client'],
    ['two ways at once', { ...GRANT, client_secret: 'x' }, basic('bridge', 'not+a secret'), 400, 'invalid_request'],
    ['no grant', {}, basic('bridge', 'not+a secret'), 400, 'invalid_request'],
    ['another grant', { grant_type: 'password' }, basic('bridge', 'not+a secret'), 400, 'unsupported_grant_type'],
    ['a foreign scope', { ...GRANT, scope: 'admin' }, basic('bridge', 'not+a secret'), 400, 'invalid_scope'],
  ])('refuses %s', async (_title, form, headers, status, error) => {
    const { tokenUrl } = await place.startOauth({ clients: [CLIENT] });

    expect(await askFor(tokenUrl, form, headers)).toMatchObject({ status, body: { error } });
  });

  it('refuses JSON, and a secret where it does not take it', async () => {
    const { tokenUrl } = await place.startOauth({ clients: [{ ...CLIENT, method: 'form' }] });
    const json = await fetch(tokenUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });

    expect([json.status, await json.json()]).toMatchObject([400, { error: 'invalid_request' }]);
    expect((await askFor(tokenUrl, GRANT, basic('bridge', 'not+a secret'))).status).toBe(401);
  });

  it('lets tokens end by time, by revocation, and secrets by rotation', async () => {
    const clock = new FakeClock();
    const oauth = await place.startOauth({ clients: [CLIENT], lifetimeS: 600, tellsLifetime: false, clock });
    const { body } = await askFor(oauth.tokenUrl, GRANT, basic('bridge', 'not+a secret'));
    const token = String(body.access_token);

    expect(body).not.toHaveProperty('expires_in');
    clock.advance(599_999);
    expect(oauth.accepts(token)).toBe(true);
    clock.advance(1);
    expect(oauth.accepts(token)).toBe(false);

    const fresh = String((await askFor(oauth.tokenUrl, GRANT, basic('bridge', 'not+a secret'))).body.access_token);
    oauth.revokeAll();
    expect(oauth.accepts(fresh)).toBe(false);

    oauth.rotate('bridge', 'new');
    expect((await askFor(oauth.tokenUrl, GRANT, basic('bridge', 'not+a secret'))).status).toBe(401);
    expect((await askFor(oauth.tokenUrl, GRANT, basic('bridge', 'new'))).status).toBe(200);
  });
});

describe('a runtime for bearer tokens', () => {
  async function started() {
    const oauth = await place.startOauth({ clients: [CLIENT] });
    const { body } = await askFor(oauth.tokenUrl, GRANT, basic('bridge', 'not+a secret'));
    const started = await place.start({ runtimes: [echo({ auth: 'jwt' })], issuers: [oauth] });
    return { ...started, oauth, token: String(body.access_token) };
  }

  it('takes a token of an issuer that it trusts, for asking and for stopping', async () => {
    const { emulator, token } = await started();

    expect(await post(emulator.url, 'invocations', token)).toMatchObject({ status: 200, body: { count: 1 } });
    expect((await post(emulator.url, 'stopruntimesession', token)).status).toBe(200);
    expect(emulator.sessions).toMatchObject([{ endedBy: 'stopped' }]);
  });

  it('refuses a made-up token, one that was revoked, and none', async () => {
    const { emulator, oauth, token } = await started();

    expect(await post(emulator.url, 'invocations', 'a.b.c')).toMatchObject({
      status: 401,
      type: 'UnauthorizedException',
    });
    oauth.revokeAll();
    expect((await post(emulator.url, 'invocations', token)).status).toBe(401);
    expect((await post(emulator.url, 'invocations')).status).toBe(403);
  });

  it('refuses the signature of the SDK, as others refuse a token', async () => {
    const { client, emulator, token } = await started();
    const command = new InvokeAgentRuntimeCommand({ agentRuntimeArn: ARN, payload: Buffer.from('{}') });

    await expect(client.send(command)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('Authorization method mismatch'),
    });
    emulator.deploy(echo());
    expect(await post(emulator.url, 'invocations', token)).toMatchObject({
      status: 403,
      type: 'AccessDeniedException',
    });
  });

  it('is the only thing that a token opens', async () => {
    const { emulator, token } = await started();
    const answer = await fetch(`${emulator.url}/runtimes/`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });

    expect(answer.status).toBe(403);
  });
});

describe('the identity service', () => {
  const identity = { workloads: ['bridge'], providers: [{ name: 'crm', scopes: ['read'] }] };
  const tokenFor = (workloadIdentityToken: string | undefined, changes = {}) =>
    new GetResourceOauth2TokenCommand({
      workloadIdentityToken,
      resourceCredentialProviderName: 'crm',
      scopes: ['read'],
      oauth2Flow: 'M2M',
      ...changes,
    });

  it('gives a workload its token, and in exchange one that runtimes take', async () => {
    const { client, clock, emulator } = await place.start({ identity, runtimes: [echo({ auth: 'jwt' })] });

    const { workloadAccessToken } = await client.send(new GetWorkloadAccessTokenCommand({ workloadName: 'bridge' }));
    const { accessToken } = await client.send(tokenFor(workloadAccessToken));

    expect((await post(emulator.url, 'invocations', accessToken)).status).toBe(200);
    expect((await post(emulator.url, 'invocations', workloadAccessToken)).status).toBe(401);
    clock.advance(3_600_000);
    expect((await post(emulator.url, 'invocations', accessToken)).status).toBe(401);
  });

  it.each<[string, object, string]>([
    ['an unknown provider', { resourceCredentialProviderName: 'erp' }, 'ResourceNotFoundException'],
    ['a foreign scope', { scopes: ['write'] }, 'ValidationException'],
    ['an unknown flow', { oauth2Flow: 'OTHER' }, 'ValidationException'],
    ['a made-up workload token', { workloadIdentityToken: 'x' }, 'UnauthorizedException'],
  ])('refuses %s', async (_title, changes, name) => {
    const { client } = await place.start({ identity });
    const { workloadAccessToken } = await client.send(new GetWorkloadAccessTokenCommand({ workloadName: 'bridge' }));

    await expect(client.send(tokenFor(workloadAccessToken, changes))).rejects.toMatchObject({ name });
  });

  it('refuses an unknown workload, and a token whose time is over', async () => {
    const { client, clock } = await place.start({ identity });
    const { workloadAccessToken } = await client.send(new GetWorkloadAccessTokenCommand({ workloadName: 'bridge' }));
    clock.advance(900_000);

    await expect(client.send(tokenFor(workloadAccessToken))).rejects.toMatchObject({ name: 'UnauthorizedException' });
    await expect(client.send(new GetWorkloadAccessTokenCommand({ workloadName: 'other' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('sends people to the provider where their consent is needed', async () => {
    const { client } = await place.start({ identity });
    const { workloadAccessToken } = await client.send(new GetWorkloadAccessTokenCommand({ workloadName: 'bridge' }));

    const answer = await client.send(tokenFor(workloadAccessToken, { oauth2Flow: 'USER_FEDERATION' }));

    expect(answer).toMatchObject({ authorizationUrl: expect.stringMatching(/^https:/), sessionStatus: 'IN_PROGRESS' });
    expect(answer.accessToken).toBeUndefined();
  });
});
