import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { realClock } from '../../clock.js';
import { randomIds } from '../../ids.js';
import { letReach } from '../reach.js';
import { deliver, spoiled } from './answer.js';
import type { McpEmulator, McpFault, McpRequest, McpServerOptions } from './contract.js';
import { Protocol, pause } from './protocol.js';
import { errorOf, isObject } from './rpc.js';
import { Sessions } from './sessions.js';
import { ToolList } from './tool-list.js';

const PATH = '/mcp';
const PAGE_SIZE = 50;

/**
 * A stand-in for an MCP server with tools, over streamable HTTP on loopback.
 * Source: Model Context Protocol, specification 2025-11-25: base protocol, transports, tools.
 */
export async function startMcpServer(options: McpServerOptions = {}): Promise<McpEmulator> {
  const { answers = 'sse', clock = realClock() } = options;
  const tools = new ToolList(options.tools ?? [], options.pageSize ?? PAGE_SIZE);
  const sessions = new Sessions(options.ids ?? randomIds());
  const keptSessions = options.sessions === 'none' ? undefined : sessions;
  const protocol = new Protocol({ tools, sessions: keptSessions, signing: options.signing, clock });
  protocol.bearer = options.bearer;
  const requests: McpRequest[] = [];
  const taken = new Set<McpRequest>();
  const open = new Set<McpRequest>();
  const faults: { fault: McpFault; match: (request: McpRequest) => boolean }[] = [];
  const waiting: { match: (request: McpRequest) => boolean; resolve: (request: McpRequest) => void }[] = [];

  const note = (request: McpRequest) => {
    requests.push(request);
    open.add(request);
    void request.ended.then(() => open.delete(request));
    const at = waiting.findIndex(({ match }) => match(request));
    if (at < 0) return;
    taken.add(request);
    waiting.splice(at, 1)[0]?.resolve(request);
  };

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const request = recordOf(incoming, response, await text(incoming));
    note(request);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const faultAt = faults.findIndex(({ match }) => match(request));
    const fault = faultAt < 0 ? undefined : faults.splice(faultAt, 1)[0]?.fault;
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'reset') return void incoming.socket.resetAndDestroy();
    if (fault?.kind === 'slow') await pause(clock, fault.ms, gone.signal);
    const wrong = fault && spoiled(fault);
    if (wrong) return void response.writeHead(wrong.status, wrong.headers).end(wrong.body);
    if (fault?.kind === 'rpc-error') {
      const id = idOf(request.body);
      return deliver({ status: 200, message: errorOf(id, fault.code, fault.message) }, answers, response);
    }
    if (new URL(request.path, 'http://localhost').pathname !== PATH) return deliver({ status: 404 }, answers, response);
    const answer = await protocol.answer(request, gone.signal);
    if (answer.stream) open.delete(request);
    deliver(answer, answers, response, fault?.kind === 'cut' ? fault.afterBytes : undefined);
  };

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch(() => response.destroy());
  });
  const origin = await letReach(server, options);

  return {
    url: `${origin}${PATH}`,
    requests,
    get openRequests() {
      return open.size;
    },
    get sessionCount() {
      return sessions.count;
    },
    get streamCount() {
      return sessions.streamCount;
    },
    streaming: () => sessions.streaming(),
    arrived(match) {
      const there = requests.find((request) => !taken.has(request) && match(request));
      if (!there) return new Promise((resolve) => waiting.push({ match, resolve }));
      taken.add(there);
      return Promise.resolve(there);
    },
    setTools(list) {
      tools.tools = list;
      sessions.tell({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    },
    setBearer(token) {
      protocol.bearer = token;
    },
    forgetSessions: () => sessions.forget(),
    failNext(fault, times = 1, match = () => true) {
      for (let count = 0; count < times; count++) faults.push({ fault, match });
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function recordOf(incoming: IncomingMessage, response: ServerResponse, body: string): McpRequest {
  const { method = '', url: path = '/', headers } = incoming;
  const message = messageIn(body);
  const params = isObject(message.params) ? message.params : {};
  return {
    method,
    path,
    headers,
    body,
    rpc: typeof message.method === 'string' ? message.method : undefined,
    params,
    tool: message.method === 'tools/call' ? String(params.name) : undefined,
    get status() {
      return response.headersSent ? response.statusCode : undefined;
    },
    ended: new Promise((resolve) => {
      response.once('finish', () => resolve('answered'));
      response.once('close', () => resolve('gone'));
    }),
  };
}

function idOf(body: string): string | number | undefined {
  const { id } = messageIn(body);
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

/** The message of a body, empty when it is none. */
function messageIn(body: string): Readonly<Record<string, unknown>> {
  try {
    const message: unknown = JSON.parse(body);
    return isObject(message) ? message : {};
  } catch {
    return {};
  }
}
