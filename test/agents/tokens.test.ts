import { describe, expect, it } from 'vitest';
import { failureOfPromise, sendJson } from './rig.js';
import { tokenAnswer, tokensForTests } from './token-rig.js';

const rig = tokensForTests();

describe('a token by client credentials', () => {
  it('is asked for with the client in the header and the scopes in the form', async () => {
    const { server, ask } = await rig(tokenAnswer);

    expect(await ask()).toBe('Bearer token-1');
    expect(server.received).toEqual([
      {
        method: 'POST',
        url: '/oauth2/token',
        body: 'grant_type=client_credentials&scope=orders%2Fread',
        headers: expect.objectContaining({
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `Basic ${Buffer.from('bridge:hush-hush-hush').toString('base64')}`,
        }),
      },
    ]);
  });

  it('has its client encoded as in a form', async () => {
    const { server, auth, ask } = await rig(tokenAnswer);

    await ask({ ...auth, clientId: 'a:b', clientSecret: 'c d%', scopes: [] });

    expect(server.received[0]).toMatchObject({
      body: 'grant_type=client_credentials',
      headers: { authorization: `Basic ${Buffer.from('a%3Ab:c+d%25').toString('base64')}` },
    });
  });

  it('is asked for with the client in the form by servers that want that', async () => {
    const { server, ask } = await rig(({ headers }, response) =>
      headers.authorization
        ? sendJson(response, 400, { error: 'invalid_client' })
        : sendJson(response, 200, { access_token: 'abc' }),
    );

    expect(await ask()).toBe('Bearer abc');
    expect(server.received[1]?.body).toContain('client_id=bridge&client_secret=hush-hush-hush');
  });

  it('is asked for once, however many wait for it', async () => {
    const { server, ask } = await rig(tokenAnswer);

    expect(new Set(await Promise.all([ask(), ask(), ask()]))).toEqual(new Set(['Bearer token-1']));
    expect(await ask()).toBe('Bearer token-1');
    expect(server.received).toHaveLength(1);
  });

  it('is another one for another client, scope or secret', async () => {
    const { server, auth, ask } = await rig(tokenAnswer);

    await ask();
    await ask({ ...auth, clientId: 'other' });
    await ask({ ...auth, scopes: [] });
    await ask({ ...auth, clientSecret: 'other' });

    expect(server.received).toHaveLength(4);
  });

  it('is renewed early, without anybody waiting for it', async () => {
    const { server, clock, ask } = await rig(tokenAnswer);
    await ask();

    clock.advance(799_000);
    expect(await ask()).toBe('Bearer token-1');
    expect(server.received).toHaveLength(1);
    clock.advance(2000);
    expect(await ask()).toBe('Bearer token-1');
    await expect.poll(ask).toBe('Bearer token-2');
    expect(server.received).toHaveLength(2);
  });

  it('serves on while it cannot be renewed, until shortly before its end', async () => {
    const { server, clock, lines, ask } = await rig((request, response, count) =>
      count === 1 ? tokenAnswer(request, response, 1) : sendJson(response, 503, {}),
    );
    await ask();

    clock.advance(960_000);
    expect(await ask()).toBe('Bearer token-1');
    await expect.poll(() => lines.length).toBe(1);
    clock.advance(15_000);
    expect(await failureOfPromise(ask())).toMatchObject({ details: { reason: 'unavailable', retryable: true } });
    expect(server.received).toHaveLength(3);
  });

  it('is fresh after it was refused, unless it is fresh already', async () => {
    const { tokens, auth, ask } = await rig(tokenAnswer);
    await ask();

    tokens.rejected(auth, 'Bearer token-1');
    expect(await ask()).toBe('Bearer token-2');
    tokens.rejected(auth, 'Bearer token-1');
    expect(await ask()).toBe('Bearer token-2');
    tokens.rejected(auth);
    expect(await ask()).toBe('Bearer token-3');
  });

  it('is kept for five minutes when the server does not say how long', async () => {
    const { server, clock, ask } = await rig((_request, response) => sendJson(response, 200, { access_token: 'abc' }));
    await ask();

    clock.advance(239_000);
    await ask();
    expect(server.received).toHaveLength(1);
    clock.advance(60_000);
    await ask();
    expect(server.received).toHaveLength(2);
  });

  it.each<[string, number, unknown, object]>([
    ['a refusal', 400, { error: 'invalid_scope' }, { oauthError: 'invalid_scope', tokenStatus: 400 }],
    ['a refused client', 401, { error: 'invalid_client' }, { oauthError: 'invalid_client', tokenStatus: 401 }],
    ['no token', 200, {}, { oauthError: 'no_token' }],
    ['a token that is no header', 200, { access_token: 'a\r\nb' }, { oauthError: 'no_token' }],
    ['another kind of token', 200, { access_token: 'a', token_type: 'mac' }, { oauthError: 'no_bearer_token' }],
    ['a strange refusal', 403, { error: '<script>' }, { oauthError: 'unknown' }],
  ])('fails with %s', async (_, status, answer, details) => {
    const { ask } = await rig((_request, response) => sendJson(response, status, answer));

    const error = await failureOfPromise(ask());

    expect(error).toMatchObject({
      code: 'TOOL_FAILED',
      message: 'the agent does not let this telephone system in',
      details: { reason: 'credentials', retryable: false, ...details },
    });
    expect(JSON.stringify([error.message, error.details, error.stack])).not.toContain('hush');
  });

  it('fails with a web page', async () => {
    const { ask } = await rig((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in</html>');
    });

    expect(await failureOfPromise(ask())).toMatchObject({ details: { reason: 'credentials' } });
  });

  it('fails with a redirect, which gets no secret', async () => {
    const { server, ask } = await rig((_request, response) => {
      response.writeHead(302, { location: '/elsewhere' }).end();
    });

    expect(await failureOfPromise(ask())).toMatchObject({ details: { reason: 'credentials', tokenStatus: 302 } });
    expect(server.received).toHaveLength(1);
  });

  it('is asked for again after a failure', async () => {
    const { ask } = await rig((request, response, count) =>
      count === 1 ? sendJson(response, 500, {}) : tokenAnswer(request, response, count),
    );

    await failureOfPromise(ask());
    expect(await ask()).toBe('Bearer token-2');
  });

  it('is not waited for longer than ten seconds', async () => {
    const { clock, server, ask } = await rig(() => clock.advance(10_000));

    expect(await failureOfPromise(ask())).toMatchObject({
      message: 'the sign-in to the agent cannot be reached at the moment',
      details: { reason: 'unavailable', retryable: true },
    });
    await server.dropped;
    expect(clock.pendingTimers).toBe(0);
  });

  it('comes for the others when one of those who wait hangs up', async () => {
    const { tokens, auth, ask, hangUp } = await rig((request, response, count) => {
      hangUp.abort();
      tokenAnswer(request, response, count);
    });
    const first = failureOfPromise(ask());
    const second = tokens.authorization(auth, new AbortController().signal);

    expect(await first).toMatchObject({ details: { reason: 'cancelled', retryable: false } });
    expect(await second).toBe('Bearer token-1');
  });

  it('is given up when the bridge closes', async () => {
    const { server, tokens, ask } = await rig(() => tokens.close());

    await failureOfPromise(ask());

    await server.dropped;
  });

  it('is not needed without OAuth', async () => {
    const { server, ask } = await rig(tokenAnswer);

    expect([await ask({ kind: 'none' }), await ask({ kind: 'sigv4' })]).toEqual([undefined, undefined]);
    expect(server.received).toHaveLength(0);
  });
});
