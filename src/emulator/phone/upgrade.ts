import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { TwilioFault } from './fault.js';
import type { DialledSocket } from './wire.js';

const HANDSHAKE_LIMIT_MS = 10_000;

/** Dials a media socket with the headers of Twilio's client; no Origin, no extensions. Source: a published recording of an upgrade. */
export function dialSocket(
  url: string,
  headers: Readonly<Record<string, string>>,
  subprotocols: readonly string[],
): DialledSocket {
  const socket = new WebSocket(url, [...subprotocols], {
    headers: { 'User-Agent': 'Twilio.TmeWs/1.0', 'Accept-Encoding': 'gzip', ...headers },
    perMessageDeflate: false,
    handshakeTimeout: HANDSHAKE_LIMIT_MS,
  });
  return { socket, upgraded: upgraded(socket) };
}

/**
 * Resolves when the upgrade is accepted. Rejects with `TwilioFault` 31920 (answered, but not with 101), 31902 (refused),
 * 31901 (no answer), 31903 (closed meanwhile).
 */
function upgraded(socket: WebSocket): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('unexpected-response', (request, response: IncomingMessage) => {
      request.destroy();
      reject(new TwilioFault(31920, `the upgrade was answered with ${response.statusCode}, not 101`));
      socket.terminate();
    });
    socket.once('error', (error: Error & { code?: string }) => {
      const code = error.code === 'ECONNREFUSED' ? 31902 : 31901;
      reject(new TwilioFault(code, `no media stream: ${error.message}`, { cause: error }));
    });
    socket.once('close', () => reject(new TwilioFault(31903, 'the media socket closed before the stream started')));
  });
}
