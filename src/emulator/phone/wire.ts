import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { dialSocket } from './upgrade.js';

/** How a phone reaches the bridge: over the network, or in memory. */
export interface PhoneWire {
  /** Sends one request. Rejects with a Node error code when no connection comes about, with the signal's reason when that aborts. */
  request(request: WireRequest, signal: AbortSignal): Promise<WireAnswer>;
  /** Opens a media socket. */
  dial(url: string, headers: Readonly<Record<string, string>>, subprotocols: readonly string[]): DialledSocket;
}

export interface WireRequest {
  /** Where the request really goes; host, path and query as the bridge is to see them stand in `headers` and `path`. */
  origin: URL;
  path: string;
  method: 'GET' | 'POST';
  headers: Readonly<Record<string, string>>;
  body: string | undefined;
}

export interface WireAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** As it came, still compressed. */
  body: Buffer;
}

/** Our end of a media socket; what is used of a WebSocket of `ws`. */
export interface MediaSocket {
  readonly readyState: number;
  /** Bytes that were sent and not yet taken. */
  readonly bufferedAmount: number;
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'close', listener: (code: number, reason: Buffer) => void): unknown;
  send(message: string | Uint8Array): void;
  close(code?: number): void;
  /** Breaks the connection without a close frame. */
  terminate(): void;
  pause(): void;
  resume(): void;
}

export interface DialledSocket {
  socket: MediaSocket;
  /** Resolves when the upgrade is accepted; rejects with `TwilioFault` 31920, 31902, 31901 or 31903. */
  upgraded: Promise<void>;
}

/** `readyState` of a socket that is open. Source: WebSocket API. */
export const OPEN = 1;

/** Real sockets, as the URLs say. */
export const networkWire: PhoneWire = {
  dial: dialSocket,
  request: ({ origin, path, method, headers, body }, signal) =>
    new Promise((resolve, reject) => {
      const send = origin.protocol === 'https:' ? httpsRequest : httpRequest;
      const host = origin.hostname.replace(/^\[|\]$/g, '');
      const outgoing = send({ host, port: origin.port, path, method, agent: false, headers });
      const giveUp = () => outgoing.destroy(signal.reason as Error);
      signal.addEventListener('abort', giveUp, { once: true });
      outgoing.on('error', reject);
      outgoing.on('close', () => signal.removeEventListener('abort', giveUp));
      outgoing.on('response', (incoming) => {
        const pieces: Buffer[] = [];
        incoming.on('data', (piece: Buffer) => pieces.push(piece));
        incoming.on('error', reject);
        incoming.on('end', () => {
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(pieces) });
        });
      });
      outgoing.end(body);
    }),
};
