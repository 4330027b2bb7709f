import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach } from 'vitest';
import type { Auth, TokenSource } from '../../src/agents/tokens.js';
import { createLog } from '../../src/log.js';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A plain server for the answers that no stand-in of a service would give. */
export interface PlainServer {
  readonly url: string;
  readonly received: readonly Received[];
  /** Connections made so far. */
  readonly connectionCount: number;
  /** A response whose client went away before it was complete. */
  readonly dropped: Promise<unknown>;
  /** May be called twice. */
  close(): Promise<void>;
}

export type Answer = (request: Received, response: ServerResponse, count: number) => void;

export async function startPlainServer(answer: Answer): Promise<PlainServer> {
  const received: Received[] = [];
  const events = new EventEmitter();
  let connectionCount = 0;
  const server = createServer(async (incoming, response) => {
    const { method = '', url = '', headers } = incoming;
    response.once('close', () => {
      if (!response.writableFinished) events.emit('dropped');
    });
    const request = { method, url, headers, body: await text(incoming) };
    received.push(request);
    answer(request, response, received.length);
  });
  server.on('connection', () => connectionCount++);
  const dropped = once(events, 'dropped');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    get connectionCount() {
      return connectionCount;
    },
    dropped,
    async close() {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function sendJson(response: ServerResponse, status: number, value: unknown, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

/** Spaces in place of JSON, for as long as the other side reads. */
export const neverEnding: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, 0x20))) {
      // Until the other side has read.
    }
  };
  response.on('drain', more);
  more();
};

export const CREDENTIALS = { accessKeyId: 'AKIDLOCALSTANDIN', secretAccessKey: 'local-stand-in-secret' };
export const CALL_SID = 'CA0123456789abcdef0123456789abcdef';
export const RUNTIME_ARN = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-AbCdEf0123';
export const placeOf = (endpoint: string) => ({ endpoint, region: 'us-east-1', credentials: CREDENTIALS });

/** What is pushed here is closed after the test, the last one first. */
export function closedAfterTests(): { close(): unknown }[] {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });
  return open;
}

/** Lines of a log as they would be written. */
export function listeningLog() {
  const lines: string[] = [];
  return { lines, log: createLog('debug', { write: (line) => lines.push(line) }) };
}

/** Tokens `Bearer number-1-token`, `Bearer number-2-token`, … : the next after each refusal. */
export function countedTokens(): TokenSource & { readonly asked: Auth[] } {
  const asked: Auth[] = [];
  let count = 1;
  return {
    asked,
    async authorization(auth) {
      asked.push(auth);
      return `Bearer number-${count}-token`;
    },
    rejected() {
      count++;
    },
    close() {},
  };
}

export const OAUTH = {
  kind: 'oauth',
  tokenUrl: 'https://login.example.com/oauth2/token',
  clientId: 'bridge',
  clientSecret: 'hush-hush-hush',
  scopes: ['orders/read'],
} as const;

/** What was thrown; fails when nothing was. */
export async function failureOfPromise(
  promise: Promise<unknown>,
): Promise<Error & { code?: string; details?: object }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}
