import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentInputSchema } from '../../src/directory/agent.js';
import { agentNeeds } from '../../src/doctor/agent-needs.js';
import { collectorCheck } from '../../src/doctor/collector.js';
import { mcpServersCheck, tokenUrlsCheck } from '../../src/doctor/web-services.js';
import { type OauthEmulator, startOauth } from '../../src/emulator/agentcore/oauth.js';
import type { McpEmulator } from '../../src/emulator/mcp/contract.js';
import { startMcpServer } from '../../src/emulator/mcp/server.js';
import { findingsOf, installation } from './rig.js';

let mcp: McpEmulator;
let oauth: OauthEmulator;
let site: Server;
let siteUrl: string;
/** What the site answers, and what it was asked. */
let answers: { status: number; type?: string; body?: string };
const asked: { method: string | undefined; url: string | undefined; body: string }[] = [];
beforeAll(async () => {
  mcp = await startMcpServer({});
  oauth = await startOauth({ clients: [] });
  site = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += String(piece);
    asked.push({ method: request.method, url: request.url, body });
    response.writeHead(answers.status, { 'content-type': answers.type ?? 'text/html' }).end(answers.body ?? '');
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await mcp.close();
  await oauth.close();
  await new Promise((resolve) => site.close(resolve));
});

const oauthAt = (tokenUrl: string) => ({ kind: 'oauth', tokenUrl, clientId: 'bridge', clientSecret: 'not-told' });

/** Agents with one MCP server each. */
function known(servers: readonly { url: string; auth?: object }[]) {
  const agents = servers.map((server) =>
    agentInputSchema.parse({ name: 'A', systemPrompt: 'p', tools: [{ kind: 'mcp', ...server }] }),
  );
  return { agents: agentNeeds(agents, String) };
}
const lookAtMcp = (servers: readonly { url: string; auth?: object }[]) =>
  findingsOf(mcpServersCheck(installation(), known(servers)));
const lookAtTokens = (url: string) =>
  findingsOf(tokenUrlsCheck(installation(), known([{ url: mcp.url, auth: oauthAt(url) }])));

describe('MCP servers of agents', () => {
  it('are greeted each once, no session is left behind, and no tool is called', async () => {
    const from = mcp.requests.length;
    const findings = await lookAtMcp([{ url: mcp.url }, { url: mcp.url }]);

    expect(findings).toEqual([{ state: 'ok', says: `${mcp.url} answers` }]);
    expect(mcp.requests.slice(from).map(({ method, rpc }) => [method, rpc])).toEqual([
      ['POST', 'initialize'],
      ['DELETE', undefined],
    ]);
    expect(mcp.sessionCount).toBe(0);
  });

  it('are no matter where no agent uses one', async () => {
    expect(await lookAtMcp([])).toEqual([{ state: 'skipped', says: 'no agent uses one' }]);
  });

  it('that ask for a log-in are in order for agents that have one, and failed for those that have none', async () => {
    mcp.failNext({ kind: 'http', status: 401 }, 2);
    const withOne = await lookAtMcp([{ url: mcp.url, auth: oauthAt(oauth.tokenUrl) }]);
    const without = await lookAtMcp([{ url: mcp.url }]);

    expect(withOne).toMatchObject([{ state: 'ok', says: expect.stringContaining('asks for the log-in') }]);
    expect(without).toMatchObject([{ state: 'failed', advice: expect.stringContaining('`auth`') }]);
  });

  it.each([
    [{ status: 404 }, /^no MCP server is at .* \(HTTP 404\)$/, /often \/mcp/],
    [{ status: 405 }, /^no MCP server is at .* \(HTTP 405\)$/, /older HTTP\+SSE/],
    [{ status: 502 }, /has trouble \(HTTP 502\)$/, /log of the MCP server/],
    [{ status: 200, body: '<html>Log in</html>' }, /does not speak MCP \(HTTP 200, text\/html\)$/, /log-in page/],
  ])('that answer with %o are failed', async (answer, says, advice) => {
    answers = answer;
    const findings = await lookAtMcp([{ url: siteUrl }]);

    expect(findings).toMatchObject([
      { state: 'failed', says: expect.stringMatching(says), advice: expect.stringMatching(advice) },
    ]);
  });

  it('that are not there are failed, beside the others', async () => {
    expect(await lookAtMcp([{ url: 'http://127.0.0.1:9/mcp' }, { url: mcp.url }])).toMatchObject([
      { state: 'ok' },
      {
        state: 'failed',
        says: expect.stringContaining('127.0.0.1:9 refuses'),
        advice: expect.stringContaining('start it'),
      },
    ]);
  });
});

describe('end points that give tokens', () => {
  it('are in order when they are there, and are asked for no token', async () => {
    expect(await lookAtTokens(oauth.tokenUrl)).toEqual([
      { state: 'ok', says: `${oauth.tokenUrl} is there (no token was asked for)` },
    ]);
    answers = { status: 400 };
    await lookAtTokens(`${siteUrl}/token`);
    expect(asked.at(-1)).toEqual({ method: 'GET', url: '/token', body: '' });
  });

  it('are failed when nothing is there, they have trouble, or cannot be reached', async () => {
    answers = { status: 404 };
    const absent = await lookAtTokens(`${siteUrl}/nowhere`);
    answers = { status: 503 };
    const troubled = await lookAtTokens(siteUrl);
    const away = await lookAtTokens('http://127.0.0.1:9/token');

    expect(absent).toMatchObject([{ state: 'failed', advice: expect.stringContaining('`auth.tokenUrl`') }]);
    expect(troubled).toMatchObject([{ state: 'failed', says: expect.stringContaining('HTTP 503') }]);
    expect(away).toMatchObject([{ state: 'failed', says: expect.stringContaining('refuses the connection') }]);
  });
});

describe('the collector of traces', () => {
  const look = (url: string) => findingsOf(collectorCheck(installation({ OTEL_EXPORTER_OTLP_ENDPOINT: url })));

  it('is not looked at where none is set', async () => {
    expect(await findingsOf(collectorCheck(installation()))).toMatchObject([{ state: 'skipped' }]);
  });

  it('is sent no span, where the bridge sends them', async () => {
    answers = { status: 200, type: 'application/json', body: '{}' };

    expect(await look(siteUrl)).toEqual([{ state: 'ok', says: `${siteUrl}/v1/traces takes spans` }]);
    expect(asked.at(-1)).toEqual({ method: 'POST', url: '/v1/traces', body: '{"resourceSpans":[]}' });
  });

  it.each([
    [401, 'asks for a log-in', 'OTEL_EXPORTER_OTLP_HEADERS'],
    [404, 'nothing takes spans', 'without /v1/traces'],
    [500, 'does not take spans (HTTP 500)', 'log of the collector'],
  ])('that answers %i is a warning', async (status, says, advice) => {
    answers = { status };

    expect(await look(siteUrl)).toMatchObject([
      { state: 'warning', says: expect.stringContaining(says), advice: expect.stringContaining(advice) },
    ]);
  });

  it('that is not there is a warning', async () => {
    expect(await look('http://127.0.0.1:9')).toMatchObject([
      {
        state: 'warning',
        says: expect.stringContaining('refuses'),
        advice: expect.stringContaining('Calls are answered'),
      },
    ]);
  });
});
