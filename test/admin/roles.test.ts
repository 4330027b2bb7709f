import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROLES, type Role } from '../../src/access/actor.js';
import { type Clock, realClock } from '../../src/clock.js';
import { type Bridge, startBridge } from '../wire/bridge.js';

interface Operation {
  operationId: string;
  'x-roles': string[];
  requestBody?: unknown;
}

const HOUR_MS = 3_600_000;

/** A clock that a test may set forward. */
function movableClock(): Clock & { move(ms: number): void } {
  const clock = realClock();
  let movedMs = 0;
  return {
    now: () => clock.now() + movedMs,
    after: (delayMs, action) => clock.after(delayMs, action),
    move(ms) {
      movedMs += ms;
    },
  };
}

const clock = movableClock();
let bridge: Bridge;
const tokens = new Map<Role | 'expired' | 'revoked', string>();

async function newToken(role: Role, fields: Record<string, unknown> = {}) {
  const { status, body } = await bridge.api('POST', '/tokens', { name: `a ${role}`, role, ...fields });
  expect(status).toBe(201);
  return body as { id: string; token: string };
}

beforeAll(async () => {
  bridge = await startBridge({ clock });
  for (const role of ROLES) tokens.set(role, (await newToken(role)).token);
  const expiresAt = new Date(clock.now() + HOUR_MS).toISOString();
  tokens.set('expired', (await newToken('admin', { expiresAt })).token);
  const revoked = await newToken('admin');
  tokens.set('revoked', revoked.token);
  await bridge.api('DELETE', `/tokens/${revoked.id}`);
  clock.move(2 * HOUR_MS);
});
afterAll(() => bridge.close());

async function operations(): Promise<{ method: string; path: string; operation: Operation }[]> {
  const document = (await (await fetch(`${bridge.base}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

/** The status of a request that is well addressed and finds nothing there. Streams are not read. */
async function statusOf(method: string, path: string, hasBody: boolean, token: string | undefined): Promise<number> {
  const filled = path
    .replace('{e164}', '+14155550177')
    .replace('{callSid}', 'CAnone')
    .replace('{version}', '1')
    .replace('{id}', 'none');
  const cancel = new AbortController();
  const response = await fetch(bridge.base + filled, {
    method,
    signal: cancel.signal,
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(hasBody && { 'Content-Type': 'application/json' }),
    },
    ...(hasBody && { body: '{}' }),
  });
  cancel.abort();
  return response.status;
}

describe('every operation of the OpenAPI document', () => {
  it('is open to exactly the roles that it names, and to nobody without a valid token', async () => {
    const all = await operations();
    expect(all.length).toBeGreaterThan(25);

    for (const { method, path, operation } of all) {
      const named = operation['x-roles'];
      expect(named, `${method} ${path}`).toBeDefined();
      const ask = (token: string | undefined) => statusOf(method, path, operation.requestBody !== undefined, token);
      const isOpen = named.includes('anyone');
      if (!isOpen) {
        for (const holder of [undefined, 'expired', 'revoked'] as const) {
          expect([path, holder, await ask(holder && tokens.get(holder))]).toEqual([path, holder, 401]);
        }
      }
      for (const role of ROLES) {
        const status = await ask(tokens.get(role));
        const isAllowed = isOpen || named.includes(role);
        expect([method, path, role, status === 403 ? 'refused' : 'let in']).toEqual([
          method,
          path,
          role,
          isAllowed ? 'let in' : 'refused',
        ]);
        if (isAllowed) expect([200, 201, 204, 400, 404, 409, 502]).toContain(status);
      }
    }
  });

  it('gives operators calls only, viewers nothing to change, testers test calls, and tokens to administrators', async () => {
    const named = new Map((await operations()).map(({ operation }) => [operation.operationId, operation['x-roles']]));

    expect(named.get('hangUpCall')).toEqual(['admin', 'operator']);
    expect(named.get('listAgents')).not.toContain('operator');
    expect(named.get('placeTestCall')).toEqual(['admin', 'tester']);
    expect(named.get('listTokens')).toEqual(['admin']);
    expect(named.get('listAudit')).toEqual(['admin']);
    for (const { method, operation } of await operations()) {
      if (method !== 'GET' && operation.operationId !== 'logOut' && !operation['x-roles'].includes('anyone')) {
        expect([operation.operationId, operation['x-roles']]).not.toContain('viewer');
      }
    }
  });
});

describe('a token', () => {
  it('is shown once and never again', async () => {
    const { id, token } = await newToken('viewer');

    const { body } = await bridge.api('GET', '/tokens?limit=200');
    const audit = await bridge.api('GET', `/audit?subject=token/${id}`);

    expect(token).toMatch(/^ort_[A-Za-z0-9_-]{43}$/);
    expect(JSON.stringify(body) + JSON.stringify(audit.body)).not.toContain(token.slice(4, 30));
    expect(body.items).toContainEqual(expect.objectContaining({ id, role: 'viewer', revokedAt: null }));
    expect(audit.body.items).toMatchObject([{ action: 'token.created', actor: { id: 'admin-token' } }]);
  });
});

describe('a session of a browser', () => {
  const login = async (token: string | undefined, headers: Record<string, string> = {}) =>
    fetch(`${bridge.base}/api/sessions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify({ token }),
    });

  it('lets its cookie read, and change things only from our own pages', async () => {
    const response = await login(tokens.get('admin'));
    const cookie = response.headers.get('set-cookie') ?? '';
    const ask = (method: string, headers: Record<string, string> = {}) =>
      fetch(`${bridge.base}/api/${method === 'GET' ? 'agents' : 'tokens/none'}`, {
        method,
        headers: { Cookie: cookie.split(';')[0]!, ...headers },
      });

    expect(response.status).toBe(201);
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).toMatch(/Secure/);
    expect((await ask('GET')).status).toBe(200);
    expect((await ask('DELETE')).status).toBe(403);
    expect((await ask('DELETE', { Origin: 'https://evil.example.com' })).status).toBe(403);
    expect((await ask('DELETE', { Origin: 'https://bridge.example.com' })).status).toBe(404);
  });

  it('is not begun with a wrong token, nor by a page of somebody else', async () => {
    expect((await login('ort_wrong')).status).toBe(401);
    expect((await login(tokens.get('admin'), { Origin: 'https://evil.example.com' })).status).toBe(403);
  });
});
