import replyFrom from '@fastify/reply-from';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { InstanceInfo } from '../call/call-store.js';
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

/** The instance that carries the call; undefined when that is this one or none, or when the request was sent on before. */
export async function carriedElsewhere(
  request: FastifyRequest,
  callSid: string,
  { calls, instance }: Pick<AdminRoutesOptions, 'calls' | 'instance'>,
): Promise<InstanceInfo | undefined> {
  if (request.headers[FORWARDED] !== undefined) return undefined;
  const carrier = await calls.carrierOf(callSid);
  return carrier?.id === instance.id ? undefined : carrier;
}

/** Where that instance takes the same request. */
export function addressAt({ url }: InstanceInfo, request: FastifyRequest): string {
  return `${url.replace(/\/+$/, '')}${request.raw.url ?? ''}`;
}

/** What is said to the other instance beside what the client said. */
export function forwardedHeaders(
  { origin }: { origin?: unknown },
  { publicUrl }: Pick<AdminRoutesOptions, 'publicUrl'>,
): Record<string, string> {
  // The page was found to be ours here, where the browser sees us.
  return { [FORWARDED]: '1', ...(origin !== undefined && { origin: new URL(publicUrl).origin }) };
}

export function unreachable(): BridgeError {
  return new BridgeError('INSTANCE_UNREACHABLE', 'The instance that carries the call does not answer.');
}

/**
 * Lets the instance that carries the call answer; false when that is this one or none, or when the request was sent on
 * before. The other one checks again who asks. One that cannot be reached is INSTANCE_UNREACHABLE.
 */
export async function forwarded(
  request: FastifyRequest,
  reply: FastifyReply,
  callSid: string,
  options: Pick<AdminRoutesOptions, 'calls' | 'instance' | 'publicUrl'>,
): Promise<boolean> {
  const carrier = await carriedElsewhere(request, callSid, options);
  if (!carrier) return false;
  reply.from(addressAt(carrier, request), {
    rewriteRequestHeaders: (_request, headers) => ({ ...headers, ...forwardedHeaders(headers, options) }),
    onError: (failed) => void failed.send(unreachable() as never),
  });
  return true;
}
