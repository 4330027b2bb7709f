import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { WebSocket } from 'ws';
import type { InstanceInfo } from '../call/call-store.js';
import { addressAt, forwardedHeaders, unreachable } from './forwarding.js';

/** From the connection to the other instance's yes or no. */
const HANDSHAKE_LIMIT_MS = 5000;

const MAX_PROBLEM_BYTES = 64 * 1024;
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** What waits for a client that does not read; then it is sent away. */
const MAX_UNSENT_BYTES = 128 * 1024;

/** Close codes of RFC 6455, and 1013 (try again later) of its registry. */
const NORMAL_CLOSURE = 1000;
const INTERNAL_ERROR = 1011;
const TRY_AGAIN_LATER = 1013;
/** These stand for what was not said, and cannot be sent. */
const UNSENDABLE = new Set([1005, 1006, 1015]);

/** What of the client's request goes along: who it is. */
const HEADERS = ['authorization', 'cookie', 'x-forwarded-for'] as const;

/**
 * Opens the same socket at the instance that carries the call, which checks again who asks. Undefined when it refused: its
 * problem is the answer then. INSTANCE_UNREACHABLE when it does not answer. The socket is paused, and gone when the client is.
 */
export async function openedThrough(
  request: FastifyRequest,
  reply: FastifyReply,
  { carrier, publicUrl }: { carrier: InstanceInfo; publicUrl: string },
): Promise<WebSocket | undefined> {
  const sent = HEADERS.flatMap((name) => (request.headers[name] === undefined ? [] : [[name, request.headers[name]]]));
  const socket = new WebSocket(addressAt(carrier, request).replace(/^http/, 'ws'), {
    headers: { ...Object.fromEntries(sent), ...forwardedHeaders(request.headers, { publicUrl }) },
    handshakeTimeout: HANDSHAKE_LIMIT_MS,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  request.raw.socket.once('close', () => socket.terminate());
  const refusal = await new Promise<IncomingMessage | undefined>((resolve, reject) => {
    socket.once('open', () => {
      socket.pause();
      resolve(undefined);
    });
    socket.once('unexpected-response', (_request, response) => resolve(response));
    // Stays: later ones are followed by `close`.
    socket.on('error', () => reject(unreachable()));
  });
  if (!refusal) return socket;
  const problem = await problemOf(refusal).finally(() => socket.terminate());
  const { 'retry-after': retryAfter, 'www-authenticate': challenge } = refusal.headers;
  if (retryAfter !== undefined) reply.header('Retry-After', retryAfter);
  if (challenge !== undefined) reply.header('WWW-Authenticate', challenge);
  await reply
    .code(refusal.statusCode ?? 502)
    .type('application/problem+json')
    .send(problem);
  return undefined;
}

/** Joins the client with the other instance's socket until one of them is closed. Answers what closes the other one. */
export function passThrough(client: WebSocket, through: WebSocket): () => void {
  through.on('message', (message: Buffer, isBinary) => {
    if (client.bufferedAmount > MAX_UNSENT_BYTES) {
      client.close(TRY_AGAIN_LATER, 'too slow');
      through.close(NORMAL_CLOSURE);
    } else {
      client.send(message, { binary: isBinary });
    }
  });
  through.on('close', (code, reason) => {
    if (UNSENDABLE.has(code)) client.close(INTERNAL_ERROR, 'the instance that carries the call is gone');
    else client.close(code, reason.toString());
  });
  through.resume();
  return () => through.close(NORMAL_CLOSURE);
}

/** The words of a refusal; only an instance of ours refuses with a problem document. */
async function problemOf(response: IncomingMessage): Promise<string> {
  if (!/^application\/problem\+json\b/.test(response.headers['content-type'] ?? '')) throw unreachable();
  try {
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk;
      if (text.length > MAX_PROBLEM_BYTES) throw unreachable();
    }
    return text;
  } catch {
    throw unreachable();
  }
}
