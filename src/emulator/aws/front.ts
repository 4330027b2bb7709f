import { createServer as createHttpServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest } from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Reach } from '../reach.js';

/** A request of either protocol; the stream of its body. */
export type HttpRequest = (IncomingMessage | Http2ServerRequest) & { headers: IncomingHttpHeaders };

/** What HTTP/1.1 and HTTP/2 have in common for answering. */
export interface HttpResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  /** HTTP/1.1 only: HTTP/2 sends them by `writeHead`. */
  flushHeaders?(): void;
  write(chunk: Uint8Array, written?: () => void): boolean;
  end(): unknown;
  destroy(): unknown;
  once(event: 'close' | 'drain', listener: () => void): unknown;
  off(event: 'close' | 'drain', listener: () => void): unknown;
}

/** A port of 127.0.0.1 that speaks HTTP/1.1 and, to whoever begins with it, HTTP/2 without TLS. */
export interface Front {
  readonly url: string;
  close(): Promise<void>;
}

/** Opens the port (0: any free one). `serve` gets the connection, too, to break it on demand. */
export async function openFront(
  port: number,
  serve: (request: HttpRequest, response: HttpResponse, socket: Socket) => void,
): Promise<Front> {
  const sockets = new Map<number, Socket>();
  const serveOn = (request: HttpRequest, response: HttpResponse) => {
    const socket = sockets.get(request.socket.remotePort ?? 0);
    if (socket) serve(request, response, socket);
  };
  // Connections are kept until they are closed by the client or by `close`, not by a timer of real time.
  const http = createHttpServer({ keepAliveTimeout: 0 }, serveOn);
  const http2 = createHttp2Server((request, response) => serveOn(request, response));
  http2.on('session', (session) => session.on('error', () => session.destroy()));
  const server = createServer((socket) => {
    const remotePort = socket.remotePort ?? 0;
    sockets.set(remotePort, socket);
    socket.on('close', () => sockets.delete(remotePort));
    socket.on('error', () => socket.destroy());
    socket.setNoDelay(true);
    whenKnown(socket, (protocol) => (protocol === 'h2' ? http2 : http).emit('connection', socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      for (const socket of sockets.values()) socket.destroy();
      await closed;
    },
  };
}

/** The same where `reach` lets it be reached: HTTP/1.1 only. */
export function reachedFront(
  reach: Reach,
  serve: (request: HttpRequest, response: HttpResponse, socket: Socket) => void,
): Front {
  const http = createHttpServer({ keepAliveTimeout: 0 }, (request, response) =>
    serve(request, response, request.socket),
  );
  return { url: reach(http), close: async () => http.closeAllConnections() };
}

/** HTTP/2 begins with `PRI * HTTP/2.0`; no method of HTTP/1.1 begins with `PR` here. The bytes read are put back. */
function whenKnown(socket: Socket, then: (protocol: 'h1' | 'h2') => void): void {
  let head: Buffer = Buffer.alloc(0);
  const look = () => {
    const bytes = socket.read() as Buffer | null;
    if (bytes === null) return;
    head = Buffer.concat([head, bytes]);
    if (head.length < 2) return;
    socket.off('readable', look);
    socket.unshift(head);
    then(head.toString('latin1', 0, 2) === 'PR' ? 'h2' : 'h1');
  };
  socket.on('readable', look);
}
