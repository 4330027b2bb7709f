import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { BridgeError } from '../errors.js';

/** Lets only requests with the administrator's token through. Compared in constant time, whatever its length. */
export function requireToken(server: FastifyInstance, token: string): void {
  const right = digest(token);
  server.addHook('onRequest', async (request, reply) => {
    const [, given] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (given !== undefined && timingSafeEqual(digest(given), right)) return;
    reply.header('WWW-Authenticate', 'Bearer');
    throw new BridgeError('UNAUTHORIZED', 'Send "Authorization: Bearer <token>" with a valid token.');
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
