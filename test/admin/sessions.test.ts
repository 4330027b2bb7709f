import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { ADMIN_TOKEN, AGENT, type Api, PUBLIC_URL, startApi } from './rig.js';

const clock = new FakeClock(Date.now());
let api: Api;
beforeAll(async () => {
  api = await startApi({ clock });
});
afterAll(() => api.close());

const COOKIE = 'oratio_session';
const browser = (value: string, headers: Record<string, string> = {}) => ({
  token: null,
  cookies: { [COOKIE]: value },
  headers,
});

async function logIn(token = ADMIN_TOKEN) {
  const answer = await api.api('POST', '/api/sessions', { token: null, body: { token } });
  return { ...answer, cookie: answer.cookies.find(({ name }) => name === COOKIE) };
}

describe('a session', () => {
  it('stands for the token it was begun with, out of reach for scripts and other sites', async () => {
    const { token, id } = await api.tokenOf('operator');
    const { body, cookie } = await logIn(token);

    expect(body.actor).toEqual({ id, name: 'a operator', role: 'operator' });
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', secure: true, path: '/', maxAge: 3600 });
    expect(cookie!.value).not.toContain(token);
    const who = await api.api('GET', '/api/sessions/current', browser(cookie!.value));
    expect(who.body).toEqual(body);
    expect((await api.api('GET', '/api/tokens', browser(cookie!.value))).status).toBe(403);
  });

  it('changes something only for pages of the bridge', async () => {
    const { cookie } = await logIn();
    const create = async (headers: Record<string, string>) =>
      (await api.api('POST', '/api/agents', { ...browser(cookie!.value, headers), body: AGENT })).status;

    expect(await create({})).toBe(403);
    expect(await create({ origin: 'https://evil.example.com' })).toBe(403);
    expect(await create({ origin: 'null' })).toBe(403);
    expect(await create({ origin: `${PUBLIC_URL}.example.com` })).toBe(403);
    expect(await create({ origin: 'http://127.0.0.1:4000', host: '127.0.0.1:3000' })).toBe(403);
    expect(await create({ origin: 'http://evil.example.com', host: 'evil.example.com' })).toBe(403);
    expect(await create({ origin: PUBLIC_URL })).toBe(201);
    expect(await create({ origin: 'http://127.0.0.1:3000', host: '127.0.0.1:3000' })).toBe(201);
  });

  it('cannot be begun from a page of somebody else', async () => {
    const answer = await api.api('POST', '/api/sessions', {
      token: null,
      body: { token: ADMIN_TOKEN },
      headers: { origin: 'https://evil.example.com' },
    });

    expect([answer.status, answer.cookies]).toEqual([403, []]);
  });

  it('is renewed past half of its life, and over after an hour of silence', async () => {
    const { cookie } = await logIn();
    const ask = (value: string) => api.api('GET', '/api/sessions/current', browser(value));

    expect((await ask(cookie!.value)).cookies).toEqual([]);
    clock.advance(31 * 60_000);
    const renewed = await ask(cookie!.value);
    const next = renewed.cookies.find(({ name }) => name === COOKIE)!;
    expect(Date.parse(renewed.body.expiresAt)).toBe(Math.floor(clock.now()) + 3_600_000);
    clock.advance(31 * 60_000);
    expect((await ask(cookie!.value)).status).toBe(401);
    expect((await ask(next.value)).status).toBe(200);
  });

  it('dies with its token', async () => {
    const { token, id } = await api.tokenOf('viewer');
    const { cookie } = await logIn(token);
    await api.api('DELETE', `/api/tokens/${id}`);

    const answer = await api.api('GET', '/api/calls', browser(cookie!.value));

    expect(answer.status).toBe(401);
    expect(answer.cookies).toMatchObject([{ name: COOKIE, value: '' }]);
  });

  it('ends with a log-out in the browser', async () => {
    const { cookie } = await logIn();
    const answer = await api.api('DELETE', '/api/sessions/current', browser(cookie!.value, { origin: PUBLIC_URL }));

    expect(answer.status).toBe(204);
    expect(answer.cookies).toMatchObject([{ name: COOKIE, value: '' }]);
  });

  it('does not help a wrong token beside it', async () => {
    const { cookie } = await logIn();

    expect((await api.api('GET', '/api/calls', { ...browser(cookie!.value), token: 'wrong' })).status).toBe(401);
  });
});

describe('a wrong token', () => {
  const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 5));

  it.each([
    [
      'in the header',
      (remoteAddress: string) => api.api('GET', '/api/calls', { token: 'wrong', remoteAddress }),
      '10.1.0.1',
    ],
    [
      'in a log-in',
      (remoteAddress: string) =>
        api.api('POST', '/api/sessions', { token: null, body: { token: 'wrong' }, remoteAddress }),
      '10.1.0.2',
    ],
  ])('%s is answered ever later, while the right one is not', async (_what, ask, address) => {
    for (let attempt = 0; attempt < 3; attempt++) expect((await ask(address)).status).toBe(401);
    const timers = clock.pendingTimers;
    let isAnswered = false;
    const fourth = ask(address).then((answer) => {
      isAnswered = true;
      return answer;
    });
    while (clock.pendingTimers === timers) await turn();

    expect(isAnswered).toBe(false);
    expect((await api.api('GET', '/api/calls', { remoteAddress: address })).status).toBe(200);
    clock.advance(200);
    expect((await fourth).status).toBe(401);
  });

  it('is not answered at all while twenty others wait', async () => {
    const ask = () => api.api('GET', '/api/calls', { token: 'wrong', remoteAddress: '10.1.0.3' });
    for (let attempt = 0; attempt < 3; attempt++) await ask();
    const timers = clock.pendingTimers;
    const waiting = Array.from({ length: 20 }, ask);
    while (clock.pendingTimers < timers + 20) await turn();

    const { status, headers, body } = await ask();

    expect([status, body.code]).toEqual([429, 'TOO_MANY_REQUESTS']);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    clock.advance(5000);
    await Promise.all(waiting);
  });
});
