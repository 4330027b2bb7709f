import { describe, expect, it } from 'vitest';
import { ACCOUNT, KEY, OURS, rest } from './client.js';

describe('the account', () => {
  it('tells its type and status to its own token', async () => {
    const { client } = await rest({ accountType: 'Trial', accountStatus: 'suspended' });

    expect(await client.api.v2010.accounts(ACCOUNT.accountSid).fetch()).toMatchObject({
      sid: ACCOUNT.accountSid,
      type: 'Trial',
      status: 'suspended',
    });
  });

  it('is not for a standard API key, which sees the rest', async () => {
    const { client } = await rest({ credentials: [KEY.sid, KEY.secret] });

    expect(await client.incomingPhoneNumbers.list()).toHaveLength(1);
    await expect(client.api.v2010.accounts(ACCOUNT.accountSid).fetch()).rejects.toMatchObject({
      status: 401,
      code: 20003,
    });
    await expect(client.keys.list()).rejects.toMatchObject({ status: 401, code: 20003 });
  });

  it.each([
    ['a wrong token', [ACCOUNT.accountSid, 'wrong']],
    ['a wrong secret', [KEY.sid, 'wrong']],
    ['another account', [`AC${'1'.repeat(32)}`, ACCOUNT.authToken]],
  ] as [string, [string, string]][])('refuses %s', async (_what, credentials) => {
    const { client } = await rest({ credentials });

    await expect(client.calls.list()).rejects.toMatchObject({
      status: 401,
      code: 20003,
      message: 'Authenticate',
      moreInfo: 'https://www.twilio.com/docs/errors/20003',
    });
  });

  it('asks for credentials when there are none', async () => {
    const { server } = await rest();

    const answer = await fetch(`${server.url}/2010-04-01/Accounts/${ACCOUNT.accountSid}/Calls.json`);

    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('Basic');
  });

  it('knows no other resources and methods', async () => {
    const { server } = await rest();
    const ask = async (method: string, path: string) => {
      const authorization = `Basic ${Buffer.from(`${ACCOUNT.accountSid}:${ACCOUNT.authToken}`).toString('base64')}`;
      const answer = await fetch(`${server.url}/2010-04-01/Accounts/${ACCOUNT.accountSid}${path}`, {
        method,
        headers: { authorization },
      });
      return answer.json();
    };

    expect(await ask('GET', '/Faxes.json')).toMatchObject({ code: 20404, status: 404 });
    expect(await ask('GET', '/Calls')).toMatchObject({ code: 20404, status: 404 });
    expect(await ask('GET', '/Calls/a/b.json')).toMatchObject({ code: 20404, status: 404 });
    expect(await ask('PUT', '/Calls.json')).toMatchObject({ code: 20004, status: 405 });
  });
});

describe('a fault on order', () => {
  it('makes the SDK come back after 429 when it is told to', async () => {
    const { client, server } = await rest({ client: { autoRetry: true, maxRetryDelay: 1 } });
    server.fail('too-many', 3);

    expect(await client.incomingPhoneNumbers.list()).toHaveLength(1);

    expect(server.requests.map(({ status }) => status)).toEqual([429, 429, 429, 200]);
  });

  it('is final without', async () => {
    const { client, server } = await rest();
    server.fail('too-many');

    await expect(client.incomingPhoneNumbers.list()).rejects.toMatchObject({ status: 429, code: 20429 });
  });

  it.each(['hang', 'reset'] as const)('leaves a request without answer: %s', async (fault) => {
    const { client, server } = await rest({ client: { timeout: 100 } });
    server.fail(fault);

    await expect(client.incomingPhoneNumbers.list()).rejects.toThrow(fault === 'hang' ? /timeout/ : /hang up|reset/i);

    expect(server.requests).toMatchObject([{ method: 'GET', status: undefined }]);
    expect(await client.incomingPhoneNumbers.list({ phoneNumber: OURS })).toHaveLength(1);
  });

  it('may be an error of the server, which the SDK does not repeat', async () => {
    const { client, server } = await rest({ client: { autoRetry: true } });
    server.fail('server-error');

    await expect(client.calls('CA1').fetch()).rejects.toMatchObject({ status: 500, code: 20500 });
    expect(server.requests).toHaveLength(1);
  });
});
