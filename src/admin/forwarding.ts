import replyFrom from '@fastify/reply-from';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { BridgeError } from '../errors.js';
import type { AdminRoutesOptions } from './options.js';

/** Says that another instance has sent the request here: it is not sent on. */
const FORWARDED = 'x-oratio-forwarded';

const CONNECT_LIMIT_MS = 3000;
/** The carrier may be asked, and asked again, before the other instance answers. */
const ANSWER_LIMIT_MS = 45_000;

export async function forwarding(server: FastifyInstance): Promise<void> {
  await server.register(replyFrom, {
    undici: { connect: { timeout: CONNECT_LIMIT_MS }, headersTimeout: ANSWER_LIMIT_MS },
    disableRequestLogging: true,
    // What people do to calls is not done twice.
    retryMethods: [],
  });
}

/**
 * Lets the instance that carries the call answer; false when that is this one or none, or when the request was sent on
 * before. The other one checks again who asks. One that cannot be reached is INSTANCE_UNREACHABLE.
 */
export async function forwarded(
  request: FastifyRequest,
  reply: FastifyReply,
  callSid: string,
  { calls, instance, publicUrl }: Pick<AdminRoutesOptions, 'calls' | 'instance' | 'publicUrl'>,
): Promise<boolean> {
  if (request.headers[FORWARDED] !== undefined) return false;
  const carrier = await calls.carrierOf(callSid);
  if (!carrier || carrier.id === instance.id) return false;
  reply.from(`${carrier.url.replace(/\/+$/, '')}${request.raw.url ?? ''}`, {
    rewriteRequestHeaders: (_request, headers) => ({
      ...headers,
      [FORWARDED]: '1',
      // The page was found to be ours here, where the browser sees us.
      ...(headers.origin !== undefined && { origin: new URL(publicUrl).origin }),
    }),
    onError: (failed) => {
      const problem = new BridgeError('INSTANCE_UNREACHABLE', 'The instance that carries the call does not answer.');
      void failed.send(problem as never);
    },
  });
  return true;
}
