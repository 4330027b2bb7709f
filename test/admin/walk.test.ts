import Fastify, { type FastifyInstance } from 'fastify';
import type { OpenAPIV3_1 } from 'openapi-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROLES } from '../../src/access/actor.js';
import { routeRules } from '../../src/admin/route-rules.js';
import { FakeClock } from '../../src/clock.js';
import { rang } from '../store/opened-store.js';
import { AGENT, type Api, NUMBER, startApi } from './rig.js';

type Operation = OpenAPIV3_1.OperationObject & { 'x-roles'?: string[] };

/** What each operation can be asked without being refused for another reason than who asks. */
const BODIES: Readonly<Record<string, unknown>> = {
  createAgent: AGENT,
  patchAgent: { name: 'Changed' },
  rollbackAgent: { version: 1 },
  askAgentTool: { tool: 'none' },
  putNumber: { agentId: 'agent_none' },
  transferCall: { to: '+14155550142' },
  placeCall: { to: '+14155550142', from: NUMBER, agentId: 'agent_1' },
  placeTestCall: { agentId: 'agent_1' },
  createToken: { name: 'Somebody', role: 'viewer' },
  logIn: { token: 'wrong' },
};
const PARAMETERS: Readonly<Record<string, string>> = {
  id: 'none',
  version: '1',
  e164: '+14155550142',
  callSid: 'CA1',
};

let api: Api;
let operations: { name: string; method: string; path: string; roles: string[]; id: string }[];
const clock = new FakeClock(Date.now());
const unasked = ['expired', 'revoked', 'unknown'] as const;
const tokens = new Map<string, string>();
let address = 0;
const served: string[] = [];

beforeAll(async () => {
  api = await startApi({
    clock,
    extend: (server) =>
      server.addHook('onRoute', ({ method, url }) => {
        if (url.startsWith('/api/') && method !== 'HEAD') served.push(`${method} ${url}`);
      }),
  });
  for (const role of ROLES) tokens.set(role, (await api.tokenOf(role)).token);
  const soon = new Date(clock.now() + 60_000).toISOString();
  tokens.set('expired', (await api.tokenOf('admin', soon)).token);
  const revoked = await api.tokenOf('admin');
  tokens.set('revoked', revoked.token);
  await api.api('DELETE', `/api/tokens/${revoked.id}`);
  tokens.set('unknown', `ort_${'A'.repeat(43)}`);
  clock.advance(120_000);
  // A call that is over: its event stream ends by itself.
  api.opened.tell('CA1', rang({ test: true }));
  api.opened.tell('CA1', { kind: 'ended', endReason: 'failed' });
  await api.store.flush(5000);

  const { paths } = (await api.api('GET', '/openapi.json', { token: null })).body as OpenAPIV3_1.Document;
  operations = Object.entries(paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, { operationId: id = '', 'x-roles': roles }]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path: path.replace(/\{(\w+)\}/g, (_whole, name: string) => PARAMETERS[name] ?? 'none'),
      roles: roles ?? [],
      id,
    })),
  );
});
afterAll(() => api.close());

async function ask(operation: { method: string; path: string; id: string }, token: string | null) {
  // Every request comes from elsewhere: wrong tokens are not slowed down here.
  const remoteAddress = `10.0.${Math.floor(++address / 250)}.${address % 250}`;
  const body = BODIES[operation.id];
  // The stream of all events has no end of its own: it is asked for what it cannot answer.
  const path = operation.id === 'streamEvents' ? `${operation.path}?colour=blue` : operation.path;
  return api.api(operation.method, path, { token, remoteAddress, body });
}

describe('every operation of the OpenAPI document', () => {
  it('is there, each with a name, words and its roles', async () => {
    expect(operations.length).toBeGreaterThanOrEqual(28);
    expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
    for (const { name, roles } of operations) {
      expect([name, roles.length > 0]).toEqual([name, true]);
      for (const role of roles) expect([...ROLES, 'anyone']).toContain(role);
    }
  });

  it('is for the roles that it names, and for no other', async () => {
    for (const operation of operations) {
      for (const role of ROLES) {
        const { status, body } = await ask(operation, tokens.get(role)!);
        const isAllowed = operation.roles.includes(role) || operation.roles.includes('anyone');

        // Whoever logs in with a wrong token is refused for that.
        const refused = operation.id === 'logIn' ? [403] : [401, 403];
        if (isAllowed) expect([operation.name, role, refused.includes(status)]).toEqual([operation.name, role, false]);
        else {
          expect([operation.name, role, status]).toEqual([operation.name, role, 403]);
          expect(body).toMatchObject({ code: 'FORBIDDEN', roles: operation.roles });
        }
      }
    }
  });

  it('is closed without a token, and with one that expired, was revoked or never was', async () => {
    for (const operation of operations) {
      for (const token of [null, ...unasked.map((kind) => tokens.get(kind)!)]) {
        const { status, headers, body } = await ask(operation, token);

        if (operation.roles.includes('anyone')) {
          expect([operation.name, body.code]).toEqual([operation.name, 'UNAUTHORIZED']);
          continue;
        }
        expect([operation.name, token, status]).toEqual([operation.name, token, 401]);
        expect(headers['www-authenticate']).toMatch(/^Bearer/);
        expect(headers['content-type']).toContain('application/problem+json');
      }
    }
  });

  it('is all there is: whatever is served under /api is in the document', () => {
    const described = operations.map(({ name }) => name.replace(/\{(\w+)\}/g, ':$1'));

    expect(served.filter((name) => !described.includes(name))).toEqual([]);
    expect(served.length).toBe(operations.length);
  });
});

describe('a route that does not say who may use it', () => {
  it.each([
    ['without roles', {}],
    ['without a description', { config: { roles: ['admin'] } }],
  ])('ends the start: %s', (_what, options) => {
    const server = Fastify() as unknown as FastifyInstance;
    routeRules(server);

    expect(() => server.get('/secret', options as never, async () => 'secret')).toThrow(/does not say/);
  });
});
