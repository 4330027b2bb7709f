import '@fastify/reply-from';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { InstanceInfo } from '../call/call-store.js';
import { BridgeError } from '../errors.js';

/** Says that another instance has sent the request here: it is not sent on. */
const FORWARDED = 'x-oratio-forwarded';

/** Lets the instance that carries a call answer, on behalf of whoever asked. */
export function forwardedTo(instance: InstanceInfo, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (request.headers[FORWARDED] !== undefined) {
    throw new BridgeError('CALL_NOT_LIVE', 'The call is not with the instance that carried it any more.');
  }
  return reply.from(`${instance.url.replace(/\/+$/, '')}${request.raw.url ?? ''}`, {
    rewriteRequestHeaders: (_request, headers) => ({ ...headers, [FORWARDED]: '1' }),
    onError: (failed) => {
      const problem = new BridgeError('INSTANCE_UNREACHABLE', 'The instance that carries the call does not answer.');
      void failed.send(problem as never);
    },
  });
}
