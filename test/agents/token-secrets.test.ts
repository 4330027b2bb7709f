import { describe, expect, it } from 'vitest';
import { type Answer, failureOfPromise, sendJson } from './rig.js';
import { tokenAnswer, tokensForTests } from './token-rig.js';

const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:orders-AbCdEf';
const rig = tokensForTests();

describe('a secret in AWS Secrets Manager', () => {
  /** Keeps a secret in a form of its own, and gives tokens to those who know it. */
  const vault = (kept: { secret: string; form?: (secret: string) => string }): Answer => {
    return (request, response, count) => {
      const { secret, form = String } = kept;
      const basic = `Basic ${Buffer.from(`bridge:${secret}`).toString('base64')}`;
      if (!request.url.startsWith('/oauth2')) return sendJson(response, 200, { SecretString: form(secret) });
      if (request.headers.authorization === basic) return tokenAnswer(request, response, count);
      sendJson(response, 401, { error: 'invalid_client' });
    };
  };

  it.each([
    ['text', String],
    ['clientSecret', (clientSecret: string) => JSON.stringify({ clientSecret })],
    ['client_secret', (secret: string) => JSON.stringify({ client_id: 'x', client_secret: secret })],
    ['secret', (secret: string) => JSON.stringify({ secret })],
  ])('kept as %s is found by its ARN', async (_, form) => {
    const { server, auth, ask } = await rig(vault({ secret: 'right', form }));

    expect(await ask({ ...auth, clientSecret: SECRET_ARN })).toBe('Bearer token-2');
    expect(server.received[0]).toMatchObject({
      body: JSON.stringify({ SecretId: SECRET_ARN }),
      headers: { 'x-amz-target': 'secretsmanager.GetSecretValue' },
    });
  });

  it('is read once for several tokens', async () => {
    const { server, auth, tokens, ask } = await rig(vault({ secret: 'right' }));
    const held = { ...auth, clientSecret: SECRET_ARN };

    await ask(held);
    tokens.rejected(held);
    await ask(held);

    expect(server.received.map(({ url }) => url)).toEqual(['/', '/oauth2/token', '/oauth2/token']);
  });

  it('is read again at once when it was rotated', async () => {
    const kept = { secret: 'old' };
    const { auth, tokens, ask } = await rig(vault(kept));
    const held = { ...auth, clientSecret: SECRET_ARN };
    await ask(held);

    kept.secret = 'new';
    tokens.rejected(held);

    expect(await ask(held)).toMatch(/^Bearer /);
  });

  it('that cannot be read is a failure of the credentials', async () => {
    const { auth, ask } = await rig((_request, response) =>
      sendJson(response, 400, { __type: 'ResourceNotFoundException', Message: "can't find the secret" }),
    );

    expect(await failureOfPromise(ask({ ...auth, clientSecret: SECRET_ARN }))).toMatchObject({
      details: { reason: 'credentials', service: "ResourceNotFoundException: can't find the secret" },
    });
  });

  it('without a secret in it is a failure of the credentials', async () => {
    const { auth, ask } = await rig((_request, response) => sendJson(response, 200, { SecretString: '{"key":"x"}' }));

    expect(await failureOfPromise(ask({ ...auth, clientSecret: SECRET_ARN }))).toMatchObject({
      details: { reason: 'credentials', problem: 'the secret has none of clientSecret, client_secret, secret' },
    });
  });
});
