import { type AgentOptions, type ClientRequestArgs, Agent as PlainAgent } from 'node:http';
import { type RequestOptions, Agent as SecureAgent } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { type Duplex, Readable } from 'node:stream';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';
import type { HttpRequest } from '@smithy/core/protocols';
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';
import { limitedBody } from './answer-limit.js';

/** A connection that nobody has used for this long is closed, in ms: the other side forgets it about then. */
const UNUSED_LIMIT_MS = 60_000;
/** In ms, TLS included. */
const OPEN_LIMIT_MS = 5000;

/** Connections without a request yet, one for each address; the first request to it takes it. */
class EarlySockets {
  readonly #waiting = new Map<string, Socket>();
  readonly #opening = new Map<string, { socket: Socket; done: Promise<void> }>();

  open(key: string, readyEvent: 'connect' | 'secureConnect', connect: () => Socket): Promise<void> {
    if (this.#waiting.has(key)) return Promise.resolve();
    const running = this.#opening.get(key);
    if (running) return running.done;
    const socket = connect();
    const done = new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.once('close', () => {
        if (this.#waiting.get(key) === socket) this.#waiting.delete(key);
        reject(new Error('the connection was closed before it was open'));
      });
      socket.setTimeout(OPEN_LIMIT_MS, () => {
        socket.destroy(
          this.#waiting.get(key) === socket ? undefined : new Error(`no connection in ${OPEN_LIMIT_MS} ms`),
        );
      });
      socket.once(readyEvent, () => {
        socket.setTimeout(UNUSED_LIMIT_MS);
        socket.unref();
        this.#waiting.set(key, socket);
        resolve();
      });
    }).finally(() => this.#opening.delete(key));
    this.#opening.set(key, { socket, done });
    return done;
  }

  take(key: string): Socket | undefined {
    const socket = this.#waiting.get(key);
    this.#waiting.delete(key);
    if (!socket || socket.destroyed || socket.readableEnded || !socket.writable) return undefined;
    socket.removeAllListeners('error').removeAllListeners('timeout');
    socket.setTimeout(0);
    return socket.ref();
  }

  destroy(): void {
    for (const socket of this.#waiting.values()) socket.destroy();
    for (const { socket } of this.#opening.values()) socket.destroy();
  }
}

class EarlyPlainAgent extends PlainAgent {
  readonly #early = new EarlySockets();

  /** Rejects when there is no connection. */
  async open({ hostname: host, port }: Address): Promise<void> {
    if (isAnyFree(this, host, port)) return;
    const connect = () => super.createConnection({ host, port, ...NO_DELAY }) as Socket;
    await this.#early.open(`${host}:${port}`, 'connect', connect);
  }

  override createConnection(options: ClientRequestArgs, made?: (error: Error | null, stream: Duplex) => void) {
    return this.#early.take(`${options.host}:${options.port}`) ?? super.createConnection(options, made);
  }

  override destroy(): void {
    this.#early.destroy();
    super.destroy();
  }
}

class EarlySecureAgent extends SecureAgent {
  readonly #early = new EarlySockets();

  async open({ hostname: host, port }: Address): Promise<void> {
    if (isAnyFree(this, host, port)) return;
    const servername = isIP(host) === 0 ? host : '';
    const tls = { ...this.options, host, port, servername, ALPNProtocols: ['http/1.1'], ...NO_DELAY };
    await this.#early.open(`${host}:${port}`, 'secureConnect', () => super.createConnection(tls) as Socket);
  }

  override createConnection(options: RequestOptions, made?: (error: Error | null, stream: Duplex) => void) {
    return this.#early.take(`${options.host}:${options.port}`) ?? super.createConnection(options, made);
  }

  override destroy(): void {
    this.#early.destroy();
    super.destroy();
  }
}

interface Address {
  readonly hostname: string;
  readonly port: number;
}

const NO_DELAY = { noDelay: true } as const;

/** One that a request left behind does as well. */
function isAnyFree({ freeSockets }: PlainAgent, host: string, port: number): boolean {
  return Object.keys(freeSockets).some((name) => name.startsWith(`${host}:${port}:`));
}

/** Sends requests over HTTP/1.1 as the SDK's own handler does, and can open a connection before the first one. */
export class EarlyHandler extends NodeHttpHandler {
  readonly #plain?: EarlyPlainAgent;
  readonly #secure: EarlySecureAgent;
  readonly #maxAnswerBytes: number | undefined;

  /** `httpAgent` in place of its own makes connections without TLS, and none of these early. */
  constructor(
    { httpAgent, ...options }: NodeHttpHandlerOptions,
    sockets: AgentOptions,
    { maxAnswerBytes }: { maxAnswerBytes?: number | undefined } = {},
  ) {
    const plain = new EarlyPlainAgent(sockets);
    const secure = new EarlySecureAgent(sockets);
    super({ ...options, httpAgent: httpAgent ?? plain, httpsAgent: secure });
    if (!httpAgent) this.#plain = plain;
    this.#secure = secure;
    this.#maxAnswerBytes = maxAnswerBytes;
  }

  override async handle(request: HttpRequest, options?: Parameters<NodeHttpHandler['handle']>[1]) {
    const answer = await super.handle(request, options);
    const { response } = answer;
    if (this.#maxAnswerBytes !== undefined && response.body instanceof Readable) {
      response.body = limitedBody(response.body, this.#maxAnswerBytes);
    }
    return answer;
  }

  /** Opens a connection that the next request there takes, unless there is one. Rejects when there can be none. */
  async open({ protocol, hostname, port }: URL): Promise<void> {
    if (protocol === 'https:') return this.#secure.open({ hostname, port: Number(port) || 443 });
    await this.#plain?.open({ hostname, port: Number(port) || 80 });
  }

  override destroy(): void {
    this.#plain?.destroy();
    this.#secure.destroy();
    super.destroy();
  }
}

/** What there is to ready of a client of the SDK. */
interface ReadiedClient {
  readonly config: object & {
    readonly requestHandler: unknown;
    readonly credentials?: (() => Promise<unknown>) | undefined;
  };
}

/**
 * Spares a client's next request the search for credentials and the opening of a connection. `command` is one of its
 * commands, whose address does not depend on its input. Rejects with what stands in the way: the request will meet it too.
 */
export async function readied(
  { config }: ReadiedClient,
  command: Parameters<typeof getEndpointFromInstructions>[1],
): Promise<void> {
  const { requestHandler, credentials } = config;
  const address = getEndpointFromInstructions({}, command, config);
  const [{ url }] = await Promise.all([address, credentials?.()]);
  if (requestHandler instanceof EarlyHandler) await requestHandler.open(url);
}
