import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { McpFault } from './contract.js';
import { eventOf } from './sessions.js';

const PIECE_BYTES = 64 * 1024;

/** What a request comes to. With `stream` the response stays open as a stream of the server's own. */
export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  message?: object;
  notifications?: readonly { method: string; params?: object }[];
  stream?: (response: ServerResponse) => void;
}

/** Writes an answer: a refusal as plain JSON, a result as JSON or as an event stream. */
export function deliver(answer: Answer, form: 'json' | 'sse', response: ServerResponse, cutAfterBytes?: number): void {
  const { status, headers, message, notifications = [], stream } = answer;
  if (stream) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    response.flushHeaders();
    stream(response);
    return;
  }
  const isStream = form === 'sse' && status === 200 && message !== undefined && !('error' in message);
  const events = () => notifications.map((each) => eventOf({ jsonrpc: '2.0', ...each })).join('');
  const body = isStream ? events() + eventOf(message) : message ? JSON.stringify(message) : '';
  const type = isStream ? 'text/event-stream' : 'application/json';
  response.writeHead(status, { ...(body !== '' && { 'content-type': type }), ...headers });
  if (cutAfterBytes === undefined) Readable.from(pieces(Buffer.from(body))).pipe(response);
  else response.write(Buffer.from(body).subarray(0, cutAfterBytes), () => response.destroy());
}

/** Written one after the other as the client takes them: Node calls a body finished that it was given as a whole. */
function* pieces(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) yield body.subarray(at, at + PIECE_BYTES);
}

/** What is answered whatever was asked; undefined for faults that need the right answer or give none. */
export function spoiled(
  fault: McpFault,
): { status: number; headers: Readonly<Record<string, string>>; body: string } | undefined {
  const typed = (type: string) => ({ 'content-type': type });
  switch (fault.kind) {
    case 'http':
      return {
        status: fault.status,
        headers: { ...typed('application/json'), ...fault.headers },
        body: fault.body ?? '',
      };
    case 'html':
      return { status: fault.status, headers: typed('text/html; charset=utf-8'), body: HTML };
    case 'garbage':
      return { status: 200, headers: typed('application/json'), body: '{"jsonrpc":"2.0","id":' };
    case 'unanswered':
      return { status: 200, headers: typed('text/event-stream'), body: ': nothing to say\n\n' };
    default:
      return undefined;
  }
}

const HTML = '<!DOCTYPE html><html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>';
