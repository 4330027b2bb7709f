import type { AgentNeeds } from './agent-needs.js';
import type { Check, Finding, Trouble } from './check.js';
import { askHttp, type HttpAnswer } from './http-request.js';
import type { Installation, Known } from './installation.js';
import { networkTrouble } from './network-trouble.js';
import { serviceCheck } from './service-check.js';

type McpNeed = AgentNeeds['mcpServers'][number];

const VERSION = '2025-06-18';
/** How a client of the Model Context Protocol begins. Source: MCP specification 2025-06-18, lifecycle and transports. */
const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: VERSION, capabilities: {}, clientInfo: { name: 'oratio-doctor', version: '1' } },
});
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** Each MCP server is greeted as a client greets it, without its log-in; no tool is called. */
export function mcpServersCheck({ clock }: Installation, known: Known): Check {
  const look = async ({ url, auth }: McpNeed, signal: AbortSignal): Promise<Finding> => {
    const answer = await asked(url, () =>
      askHttp(url, { method: 'POST', headers: JSON_HEADERS, body: INITIALIZE, hasBody: false, clock, signal }),
    );
    if ('state' in answer) return answer;
    const session = answer.headers['mcp-session-id'];
    if (typeof session === 'string') {
      const headers = { 'mcp-session-id': session, 'mcp-protocol-version': VERSION };
      // Not every server lets sessions be ended.
      await askHttp(url, { method: 'DELETE', headers, hasBody: false, clock, signal }).catch(() => undefined);
    }
    return judgeMcp(answer, url, auth);
  };
  return serviceCheck({
    name: 'MCP servers',
    known,
    needs: [],
    named: ({ mcpServers }) => mcpServers,
    open: async () => ({ look, close: () => undefined }),
  });
}

/** Each end point that gives tokens for tools is reached; no token is asked for. */
export function tokenUrlsCheck({ clock }: Installation, known: Known): Check {
  const look = async (url: string, signal: AbortSignal): Promise<Finding> => {
    const answer = await asked(url, () => askHttp(url, { hasBody: false, clock, signal }));
    if ('state' in answer) return answer;
    const { status } = answer;
    if (status === 404) {
      return failed(`nothing is at ${url} (HTTP 404)`, 'Correct `auth.tokenUrl` of the tool: its issuer names it.');
    }
    if (status >= 500)
      return failed(`${url} has trouble (HTTP ${status})`, 'Ask again in a minute, or whoever runs it.');
    return { state: 'ok', says: `${url} is there (no token was asked for)` };
  };
  return serviceCheck({
    name: 'token end points',
    known,
    needs: [],
    named: ({ tokenUrls }) => tokenUrls,
    open: async () => ({ look, close: () => undefined }),
  });
}

function judgeMcp({ status, headers }: HttpAnswer, url: string, auth: McpNeed['auth']): Finding {
  if (status === 401 || status === 403) {
    if (auth !== 'none') return { state: 'ok', says: `${url} answers and asks for the log-in, which is not tried` };
    return failed(
      `${url} asks for a log-in (HTTP ${status}), and agents use it without`,
      'Give the tool `auth` of the kind that the server takes.',
    );
  }
  if (status === 404 || status === 405) {
    return failed(
      `no MCP server is at ${url} (HTTP ${status})`,
      'Correct `url` of the tool: it is the one path that takes POST, often /mcp. Servers of the older HTTP+SSE kind are not used.',
    );
  }
  if (status >= 500) {
    return failed(`${url} has trouble (HTTP ${status})`, 'Look at the log of the MCP server, or ask whoever runs it.');
  }
  const type = String(headers['content-type'] ?? '');
  if (status < 200 || status > 299 || !/^(application\/json|text\/event-stream)/.test(type)) {
    return failed(
      `what answers at ${url} does not speak MCP (HTTP ${status}, ${type || 'no content type'})`,
      'Correct `url` of the tool, and let what lies before the server pass it on: a log-in page is no MCP server.',
    );
  }
  return { state: 'ok', says: `${url} answers` };
}

/** The answer, or why there is none. */
async function asked(url: string, ask: () => Promise<HttpAnswer>): Promise<HttpAnswer | Trouble> {
  try {
    return await ask();
  } catch (error) {
    const trouble = networkTrouble(error, new URL(url).host);
    if (trouble === undefined) throw error;
    return trouble;
  }
}

function failed(says: string, advice: string): Trouble {
  return { state: 'failed', says, advice };
}
