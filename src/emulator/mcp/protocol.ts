import type { Clock } from '../../clock.js';
import type { SigningScope } from '../aws/signature.js';
import { sha256, verifyRequest } from '../aws/signature.js';
import type { Answer } from './answer.js';
import type { McpRequest } from './contract.js';
import {
  errorOf,
  INVALID_PARAMS,
  isObject,
  METHOD_NOT_FOUND,
  type RpcMessage,
  RpcProblem,
  readMessage,
  resultOf,
  SERVER_ERROR,
} from './rpc.js';
import { PROTOCOL_VERSIONS, type Sessions } from './sessions.js';
import type { ToolList } from './tool-list.js';

const UNACCEPTABLE = 'Not Acceptable: Client must accept both application/json and text/event-stream';
const NOT_JSON = 'Unsupported Media Type: Content-Type must be application/json';

/** What a server answers to a request, on its own and within a session. Source: MCP, base protocol and transports. */
export class Protocol {
  bearer: string | undefined;
  readonly #tools: ToolList;
  /** Undefined for a server that keeps none. */
  readonly #sessions: Sessions | undefined;
  readonly #signing: SigningScope | undefined;
  readonly #clock: Clock;
  /** Calls that are being worked on, by session and id, so that they can be cancelled. */
  readonly #running = new Map<string, AbortController>();

  constructor(parts: {
    tools: ToolList;
    sessions: Sessions | undefined;
    signing: SigningScope | undefined;
    clock: Clock;
  }) {
    this.#tools = parts.tools;
    this.#sessions = parts.sessions;
    this.#signing = parts.signing;
    this.#clock = parts.clock;
  }

  /** `gone` aborts when the client went away. */
  async answer(request: McpRequest, gone: AbortSignal): Promise<Answer> {
    const refusal = this.#refusal(request);
    if (refusal) return refusal;
    let id: RpcMessage['id'];
    try {
      if (request.method !== 'POST') return this.#withoutMessage(request);
      const { accept = '', 'content-type': type = '' } = request.headers;
      if (!accept.includes('application/json') || !accept.includes('text/event-stream')) {
        throw new RpcProblem(406, SERVER_ERROR, UNACCEPTABLE);
      }
      if (!/^application\/json\b/.test(type)) throw new RpcProblem(415, SERVER_ERROR, NOT_JSON);
      const message = readMessage(request.body);
      id = message.id;
      return await this.#answerMessage(message, request, gone);
    } catch (error) {
      if (!(error instanceof RpcProblem)) throw error;
      return { status: error.status, message: errorOf(id, error.code, error.message) };
    }
  }

  /** Streams of the server's own, and the end of a session. */
  #withoutMessage({ method, headers }: McpRequest): Answer {
    const sessions = this.#sessions;
    if (method === 'GET' && sessions && headers.accept?.includes('text/event-stream')) {
      const session = sessions.of(headers);
      return { status: 200, stream: (response) => sessions.join(session, response) };
    }
    if (method !== 'DELETE' || !sessions) return { status: 405, headers: { allow: 'POST' } };
    sessions.end(headers);
    return { status: 200 };
  }

  #refusal({ method, path, headers, body }: McpRequest): Answer | undefined {
    if (this.bearer !== undefined && headers.authorization !== `Bearer ${this.bearer}`) {
      return { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } };
    }
    if (!this.#signing) return undefined;
    const verdict = verifyRequest({ method, path, headers }, sha256(body), this.#signing);
    return verdict.ok ? undefined : { status: 403, message: { message: verdict.message } };
  }

  async #answerMessage(message: RpcMessage, request: McpRequest, gone: AbortSignal): Promise<Answer> {
    if (message.method === 'initialize') return this.#initialize(message);
    this.#sessions?.of(request.headers, message);
    const keyOf = (id: unknown) => `${request.headers['mcp-session-id']} ${String(id)}`;
    if (message.method === 'notifications/cancelled') this.#running.get(keyOf(message.params.requestId))?.abort();
    if (message.id === undefined || message.method === undefined) return { status: 202 };
    switch (message.method) {
      case 'ping':
        return { status: 200, message: resultOf(message.id, {}) };
      case 'tools/list':
        return { status: 200, message: resultOf(message.id, this.#tools.page(message.params)) };
      case 'tools/call': {
        const cancelled = new AbortController();
        this.#running.set(keyOf(message.id), cancelled);
        const signal = AbortSignal.any([gone, cancelled.signal]);
        return await this.#call(message, request, signal).finally(() => this.#running.delete(keyOf(message.id)));
      }
      default:
        throw new RpcProblem(200, METHOD_NOT_FOUND, 'Method not found');
    }
  }

  #initialize({ id, params }: RpcMessage): Answer {
    const { protocolVersion: asked, capabilities, clientInfo } = params;
    if (typeof asked !== 'string' || !isObject(capabilities) || !isObject(clientInfo)) {
      throw new RpcProblem(400, INVALID_PARAMS, 'Invalid params of initialize');
    }
    const protocolVersion = PROTOCOL_VERSIONS.find((each) => each === asked) ?? PROTOCOL_VERSIONS[0];
    const sessions = this.#sessions;
    const result = {
      protocolVersion,
      capabilities: { tools: { listChanged: sessions !== undefined } },
      serverInfo: { name: 'mcp-stand-in', version: '1.0.0' },
    };
    const headers = { ...(sessions && { 'mcp-session-id': sessions.open(protocolVersion) }) };
    return { status: 200, message: resultOf(id, result), headers };
  }

  async #call({ id, params }: RpcMessage, request: McpRequest, signal: AbortSignal): Promise<Answer> {
    const called = await this.#tools.call(params, { headers: request.headers, signal });
    const { delayMs = 0, notifications = [], error, content = [], structuredContent, isError } = called;
    if (delayMs > 0) await pause(this.#clock, delayMs, signal);
    if (error) throw new RpcProblem(200, error.code, error.message);
    const structured = structuredContent !== undefined && { structuredContent };
    const result = { content, ...structured, ...(isError !== undefined && { isError }) };
    return { status: 200, message: resultOf(id, result), notifications };
  }
}

/** Never ends when the signal aborts first: nobody waits any more. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    signal.addEventListener('abort', cancel, { once: true });
  });
}
