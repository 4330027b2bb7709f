import { BridgeError } from '../errors.js';
import { mcpFailure } from './failure.js';
import type { RequestSigner } from './gateway-signer.js';
import { limitedBody } from './limited-body.js';
import type { Authorization, McpServer } from './server.js';
import { shortened } from './shortened-body.js';

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

const UNAUTHORIZED = 401;
const TRACE_HEADERS = ['traceparent', 'tracestate'] as const;

/** What is read of a message on its way out. */
interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: {
    readonly requestId?: string | number;
    readonly _meta?: Readonly<Record<string, unknown>>;
  };
}

/**
 * The HTTP side of the sessions with one server: says who we are, closes the connection of a request that is cancelled
 * (the SDK only sends word of it), and limits what is read.
 */
export class Exchange {
  /** The last header that was sent to say who we are: must never be in words for people. */
  secret: string | undefined;
  readonly #server: McpServer;
  readonly #authorization: Authorization;
  readonly #signer: RequestSigner | undefined;
  readonly #fetch: Fetch;
  readonly #running = new Map<string | number, AbortController>();

  constructor(server: McpServer, authorization: Authorization, signer: RequestSigner | undefined, send: Fetch = fetch) {
    this.#server = server;
    this.#authorization = authorization;
    this.#signer = signer;
    this.#fetch = send;
  }

  /** In place of `fetch` for the SDK's transport. */
  readonly fetch: Fetch = async (url, init = {}) => {
    const message = messageOf(init.body);
    if (message?.method === 'notifications/cancelled' && message.params?.requestId !== undefined) {
      this.#running.get(message.params.requestId)?.abort();
    }
    const { id } = message ?? {};
    const cancelled = new AbortController();
    const release = follow(init.signal, cancelled);
    const over = () => {
      release();
      if (id !== undefined && this.#running.get(id) === cancelled) this.#running.delete(id);
    };
    if (id !== undefined) this.#running.set(id, cancelled);
    try {
      const headers = { ...headersOf(init.headers), ...traceOf(message) };
      const response = await this.#send(new URL(url), { ...init, signal: cancelled.signal }, headers, cancelled.signal);
      if (!response.body) {
        over();
        return response;
      }
      const isStream = /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '');
      const answerTo = response.ok && isStream ? id : undefined;
      const body = limitedBody(response.body, { answerTo, mayBeCut: !response.ok, over });
      const isCall = response.ok && message?.method === 'tools/call';
      return new Response(isCall ? body.pipeThrough(shortened(isStream)) : body, {
        status: response.status,
        headers: response.headers,
      });
    } catch (error) {
      over();
      throw error;
    }
  };

  async #send(url: URL, init: RequestInit, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    if (this.#server.auth.kind === 'sigv4') {
      return this.#fetch(url, { ...init, headers: await this.#sign(url, init, headers) });
    }
    const first = await this.#authorize(signal);
    const response = await this.#fetch(url, { ...init, headers: this.#withAuthorization(headers, first) });
    if (response.status !== UNAUTHORIZED || first === undefined) return response;
    const second = await this.#authorize(signal, first);
    if (second === undefined || second === first) return response;
    await response.body?.cancel();
    return this.#fetch(url, { ...init, headers: this.#withAuthorization(headers, second) });
  }

  async #sign(url: URL, init: RequestInit, headers: Record<string, string>): Promise<Record<string, string>> {
    const { method = 'GET', body } = init;
    try {
      if (!this.#signer) throw new Error('there is no signer');
      return await this.#signer({ method, url, headers, body: typeof body === 'string' ? body : undefined });
    } catch (error) {
      throw noCredentials(error);
    }
  }

  async #authorize(signal: AbortSignal, refused?: string): Promise<string | undefined> {
    try {
      return await this.#authorization(this.#server, signal, refused);
    } catch (error) {
      throw signInFailure(error);
    }
  }

  #withAuthorization(headers: Record<string, string>, authorization: string | undefined): Record<string, string> {
    if (authorization === undefined) return headers;
    this.secret = authorization;
    return { ...headers, authorization };
  }
}

/** Whoever gives out tokens does not know whom they are for: to the model the trouble is one of the tool server. */
function signInFailure(error: unknown): BridgeError {
  if (!(error instanceof BridgeError)) return noCredentials(error);
  const { reason, ...details } = error.details;
  if (error.code !== 'TOOL_FAILED' || reason === 'cancelled') return error;
  if (reason === 'credentials') return mcpFailure(reason, error, undefined, details);
  return mcpFailure('unavailable', error, 'the sign-in to the tool server does not work at the moment', details);
}

function noCredentials(cause: unknown): BridgeError {
  return mcpFailure('credentials', cause, 'the bridge has no credentials for the tool server');
}

/** Aborts with the signal, until released. By hand, because `AbortSignal.any` keeps what it made with a long-lived signal. */
function follow(signal: AbortSignal | null | undefined, controller: AbortController): () => void {
  if (!signal) return () => undefined;
  const abort = () => controller.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
}

/** The trace of a call is in the message, for servers that look there; proxies look at the headers. */
function traceOf(message: Message | undefined): Record<string, string> {
  const meta = message?.params?._meta ?? {};
  return Object.fromEntries(
    TRACE_HEADERS.flatMap((name) => (typeof meta[name] === 'string' ? [[name, meta[name]] as const] : [])),
  );
}

function headersOf(headers: RequestInit['headers']): Record<string, string> {
  return Object.fromEntries(new Headers(headers).entries());
}

/** The message that the SDK made. */
function messageOf(body: RequestInit['body']): Message | undefined {
  return typeof body === 'string' ? (JSON.parse(body) as Message) : undefined;
}
