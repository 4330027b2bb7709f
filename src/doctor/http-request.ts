import { type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.js';

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Its beginning. */
  body: string;
  sentMs: number;
  tookMs: number;
  /** When the certificate ends, in ms since the epoch; undefined without TLS. */
  certificateEndMs: number | undefined;
}

export interface HttpQuestion {
  method?: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** Whether the body is waited for; some answers never end. Default true. */
  hasBody?: boolean;
  clock: Clock;
  signal: AbortSignal;
}

const MAX_BODY_CHARS = 4096;

/** One request on a connection of its own, without following redirects. Rejects with the error of the network. */
export function askHttp(
  url: string,
  { method = 'GET', headers = {}, body, hasBody = true, clock, signal }: HttpQuestion,
): Promise<HttpAnswer> {
  const target = new URL(url);
  const request = target.protocol === 'https:' ? requestHttps : requestHttp;
  const sentMs = clock.now();
  return new Promise((resolve, reject) => {
    const sending = request(target, {
      method,
      headers: { 'User-Agent': 'oratio-doctor', ...headers },
      agent: false,
      signal,
    });
    sending.on('error', reject);
    sending.once('response', (response) => {
      const tookMs = clock.now() - sentMs;
      const { socket } = response;
      const certificateEndMs =
        socket instanceof TLSSocket ? Date.parse(socket.getPeerCertificate().valid_to) : undefined;
      const { statusCode: status = 0, headers: answered } = response;
      const told = { status, headers: answered, sentMs, tookMs, certificateEndMs };
      if (!hasBody) {
        response.destroy();
        resolve({ ...told, body: '' });
        return;
      }
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        if (text.length < MAX_BODY_CHARS) text += piece;
      });
      response.once('error', reject);
      response.once('end', () => {
        resolve({ ...told, body: text.slice(0, MAX_BODY_CHARS) });
      });
    });
    sending.end(body);
  });
}
