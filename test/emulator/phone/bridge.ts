import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export interface Asked {
  path: string;
  method: string;
  headers: IncomingHttpHeaders;
  body: string;
  params: Record<string, string>;
}

export interface Answer {
  status?: number;
  contentType?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** What the phone sends; which fields are there depends on the event. */
export interface Message {
  event: string;
  sequenceNumber: string;
  streamSid: string;
  start: { callSid: string; customParameters: Record<string, string> };
  media: { track: string; chunk: string; timestamp: string; payload: string };
  mark: { name: string };
  dtmf: { track: string; digit: string };
  stop: { accountSid: string; callSid: string };
}

/** The bridge's end of one media stream, as a script sees it. */
export interface Peer {
  socket: WebSocket;
  headers: IncomingHttpHeaders;
  url: string;
  received: Message[];
  /** The next message of an event that nobody has waited for yet. */
  next(event: string): Promise<Message>;
  send(message: unknown): void;
  closed: Promise<number>;
}

/** A bridge of a few lines: answers webhooks and streams by script, and remembers what it was asked. */
export async function startBridge(script: {
  answer?: (asked: Asked, count: number) => string | Answer | undefined;
  refuseUpgrade?: number;
  stream?: (peer: Peer) => void;
}) {
  const asked: Asked[] = [];
  const peers: Peer[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => {
      const params = Object.fromEntries(new URLSearchParams(body));
      const one = { path: request.url ?? '', method: request.method ?? '', headers: request.headers, body, params };
      asked.push(one);
      const count = asked.filter(({ path }) => path === one.path).length;
      const answer = script.answer?.(one, count);
      if (answer === undefined) {
        if (/status/.test(one.path)) response.writeHead(204).end();
        return;
      }
      const {
        status = 200,
        contentType = 'text/xml',
        headers = {},
        body: text = '',
      } = typeof answer === 'string' ? { body: answer } : answer;
      response.writeHead(status, { 'content-type': contentType, ...headers }).end(text);
    });
  });
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on('upgrade', (request, socket, head) => {
    if (script.refuseUpgrade !== undefined) {
      socket.end(`HTTP/1.1 ${script.refuseUpgrade} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const peer = peerOf(webSocket, request.headers, request.url ?? '');
      peers.push(peer);
      script.stream?.(peer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    peers,
    async close() {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function peerOf(socket: WebSocket, headers: IncomingHttpHeaders, url: string): Peer {
  const received: Message[] = [];
  const unread: Message[] = [];
  const waiting: { event: string; resolve: (message: Message) => void }[] = [];
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as Message;
    received.push(message);
    const index = waiting.findIndex(({ event }) => event === message.event);
    if (index < 0) unread.push(message);
    else waiting.splice(index, 1)[0]?.resolve(message);
  });
  return {
    socket,
    headers,
    url,
    received,
    next(event) {
      const index = unread.findIndex((message) => message.event === event);
      if (index >= 0) return Promise.resolve(unread.splice(index, 1)[0] as Message);
      return new Promise((resolve) => waiting.push({ event, resolve }));
    },
    send: (message) => socket.send(JSON.stringify(message)),
    closed: new Promise((resolve) => socket.on('close', (code) => resolve(code))),
  };
}
