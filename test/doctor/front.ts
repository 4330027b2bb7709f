import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Certificate } from './certificate.js';

/** What the proxy does instead of passing things on. */
export type FrontFault =
  | { kind: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  /** As proxies do that were not told of WebSockets. */
  | { kind: 'strips-upgrades' }
  | { kind: 'drops-signatures' }
  | { kind: 'silent' };

/** A reverse proxy before the bridge, at the public address. */
export interface Front {
  readonly url: string;
  readonly port: number;
  /** The bridge behind it. */
  target: string;
  fault: FrontFault | undefined;
  close(): Promise<void>;
}

export async function startFront(certificate?: Certificate): Promise<Front> {
  const serve = (incoming: IncomingMessage, response: ServerResponse) => {
    const { fault, target } = front;
    if (fault?.kind === 'silent') return;
    if (fault?.kind === 'answer') {
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    }
    const onward = request(target + (incoming.url ?? ''), { method: incoming.method, headers: headersOf(incoming) });
    onward.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.once('error', () => response.writeHead(502).end());
    incoming.pipe(onward);
  };
  const upgrade = (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { hostname, port } = new URL(front.target);
    const onward = connect(Number(port), hostname, () => {
      const headers = Object.entries(headersOf(incoming)).map(([name, value]) => `${name}: ${value}`);
      const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`, ...headers];
      onward.write(`${lines.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  };
  const plainAnswer = (incoming: IncomingMessage, socket: Duplex) => {
    const onward = request(front.target + (incoming.url ?? ''), { headers: headersOf(incoming) });
    onward.once('response', (answer) => {
      socket.end(`HTTP/1.1 ${answer.statusCode} Answered\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      answer.resume();
    });
    onward.end();
  };
  const headersOf = ({ headers }: IncomingMessage) => {
    const { upgrade: _upgrade, connection: _connection, 'x-twilio-signature': signature, ...rest } = headers;
    if (front.fault?.kind === 'strips-upgrades') return { ...rest, 'x-twilio-signature': signature ?? '' };
    if (front.fault?.kind === 'drops-signatures') return { ...headers, 'x-twilio-signature': '' };
    return headers;
  };
  const server = certificate ? createSecureServer(certificate, serve) : createServer(serve);
  // With a listener Node takes every upgrade out of the ordinary requests: a proxy that knows none gets a plain one.
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (front.fault?.kind === 'strips-upgrades') return plainAnswer(incoming, socket);
    upgrade(incoming, socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const front: Front = {
    port,
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    target: 'http://127.0.0.1:9',
    fault: undefined,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
  return front;
}
