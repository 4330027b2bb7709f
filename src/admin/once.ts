import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { IdempotencyKeys } from '../access/idempotency.js';
import { BridgeError } from '../errors.js';
import { actorOf } from './authentication.js';
import { problemOf } from './problem.js';

export const keyHeader = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 printable characters')
    .optional()
    .describe('Sent twice within a day, the same request is carried out once.'),
});

/** For the description of a route that takes a key. */
export const KEY_WORDS =
  'Takes `Idempotency-Key`: the same key with the same request gets the first answer again ' +
  '(`Idempotent-Replayed: true`), with another request 422, and 409 while the first is still running.';

/**
 * Carries out what a request asks for and sends what came of it; with an Idempotency-Key never twice, also when an answer got
 * lost on its way. A failure is remembered as well, unless nothing was done.
 */
export async function once<Body>(
  request: FastifyRequest,
  reply: FastifyReply,
  options: {
    readonly idempotency: IdempotencyKeys;
    readonly work: () => Promise<Body>;
    readonly status: 201 | 202;
    readonly locationOf: (body: Body) => string;
    /** After such a failure the key may be used again. */
    readonly isNothingDone: (failure: BridgeError) => boolean;
    /** Told when nobody knows what came of the first request with the key. */
    readonly unknownWords: string;
  },
): Promise<FastifyReply> {
  const { idempotency, work, status, locationOf, isNothingDone, unknownWords } = options;
  const { id: actorId } = actorOf(request);
  const send = (body: Body) => reply.code(status).header('Location', locationOf(body)).send(body);
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string') return send(await work());

  const known = await idempotency.begin(key, actorId, hashOf(request.body));
  switch (known.state) {
    case 'running':
      throw new BridgeError('CONFLICT', 'A request with this Idempotency-Key is still being carried out.');
    case 'unknown':
      throw new BridgeError('CONFLICT', unknownWords);
    case 'other-request':
      throw new BridgeError('REQUEST_INVALID', 'was sent with another request before', {
        field: 'Idempotency-Key',
        httpStatus: 422,
      });
    case 'finished':
      reply.header('Idempotent-Replayed', 'true');
      if (known.status === status) return send(known.body as Body);
      return reply.code(known.status).type('application/problem+json').send(known.body);
    case 'new':
      break;
  }

  try {
    const body = await work();
    await idempotency.finish(key, actorId, status, body);
    return send(body);
  } catch (error) {
    const failure = error instanceof BridgeError ? error : new BridgeError('INTERNAL', 'unforeseen');
    if (isNothingDone(failure)) await idempotency.release(key, actorId);
    // Nobody knows whether it was done: with this key it is not tried again.
    else await idempotency.finish(key, actorId, problemOf(failure).status, problemOf(failure));
    throw error;
  }
}

function hashOf(body: unknown): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex');
}
