import { Agent, type IncomingMessage, request, type Server } from 'node:http';
import { Duplex, duplexPair, Readable } from 'node:stream';

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** Names under this top level exist nowhere else. Source: RFC 2606. */
const DOMAIN = 'memory.test';

/**
 * HTTP without a network: servers get names in place of ports, and clients reach them over pairs of streams. Node's own HTTP
 * runs over these, on both sides.
 */
export class MemoryNet {
  readonly #servers = new Map<string, Server>();
  #connectionCount = 0;
  /** For clients of `node:http`, as the SDK's are. */
  readonly agent: Agent = new MemoryAgent((host) => this.#connect(host));

  /** Lets a server be reached; answers its address. */
  readonly reach = (server: Server): string => {
    const host = `server-${this.#servers.size + 1}.${DOMAIN}`;
    this.#servers.set(host, server);
    return `http://${host}`;
  };

  /** The global `fetch`, as far as clients of these servers need it. */
  readonly fetch: Fetch = (url, init = {}) =>
    new Promise((resolve, reject) => {
      const { method = 'GET', body, signal } = init;
      const headers = Object.fromEntries(new Headers(init.headers).entries());
      const outgoing = request(url, { method, headers, agent: this.agent, ...(signal && { signal }) });
      outgoing.on('error', (cause) =>
        reject(signal?.aborted ? signal.reason : new TypeError('fetch failed', { cause })),
      );
      outgoing.on('response', (incoming) => resolve(responseOf(incoming)));
      outgoing.end(typeof body === 'string' ? body : undefined);
    });

  close(): void {
    this.agent.destroy();
    for (const server of this.#servers.values()) server.closeAllConnections();
  }

  /** Undefined when there is no server of that name. */
  #connect(host: string): Duplex | undefined {
    const server = this.#servers.get(host);
    if (!server) return undefined;
    const [near, far] = duplexPair();
    const remotePort = ++this.#connectionCount;
    server.emit('connection', socketLike(far, remotePort));
    return socketLike(near, remotePort);
  }
}

class MemoryAgent extends Agent {
  readonly #connect: (host: string) => Duplex | undefined;

  constructor(connect: (host: string) => Duplex | undefined) {
    super({ keepAlive: true });
    this.#connect = connect;
  }

  override createConnection(
    { host }: { host?: string | null | undefined },
    made?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | undefined {
    const stream = this.#connect(host ?? '');
    if (!stream) {
      const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' });
      const nothing = new Duplex().destroy();
      queueMicrotask(() => made?.(error, nothing));
    }
    return stream;
  }
}

/** What HTTP asks of a socket beyond a stream. Nothing here times out in real time. */
function socketLike(stream: Duplex, remotePort: number): Duplex {
  const nothing = () => stream;
  return Object.assign(stream, {
    remotePort,
    setTimeout: nothing,
    setNoDelay: nothing,
    setKeepAlive: nothing,
    ref: nothing,
    unref: nothing,
    resetAndDestroy: () => stream.destroy(),
  });
}

function responseOf(incoming: IncomingMessage): Response {
  const { statusCode = 200, rawHeaders } = incoming;
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!);
  const hasBody = statusCode !== 204 && statusCode !== 304;
  if (!hasBody) incoming.resume();
  return new Response(hasBody ? (Readable.toWeb(incoming) as ReadableStream<Uint8Array>) : null, {
    status: statusCode,
    headers,
  });
}
