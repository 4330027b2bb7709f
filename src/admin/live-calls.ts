import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { e164Schema } from '../directory/number.js';
import { BridgeError } from '../errors.js';
import { actorOf } from './authentication.js';
import { forwarded } from './forwarding.js';
import type { AdminRoutesOptions } from './options.js';
import { callParams, noContent } from './pages.js';
import { OPERATORS } from './route-rules.js';

const tags = ['calls'];

/** What people do to calls while they go on, whichever instance carries them. */
export async function liveCallRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { calls, control, recordOf } = options;
  const server = instance.withTypeProvider<ZodTypeProvider>();

  /** True when another instance answers the request. Resolves to false only for a call of this one. */
  const isElsewhere = async (request: FastifyRequest, reply: FastifyReply, callSid: string): Promise<boolean> => {
    const own = recordOf(callSid);
    // A call that goes on here is in reach also while the store is away.
    if (own && own.state !== 'ended') return false;
    if (await forwarded(request, reply, callSid, options)) return true;
    if (own) return false;
    if (await calls.find(callSid)) throw new BridgeError('CALL_NOT_LIVE', `The call ${callSid} is over.`);
    throw new BridgeError('NOT_FOUND', `There is no call ${callSid}.`);
  };

  server.post(
    '/calls/:callSid/hangup',
    {
      config: { roles: OPERATORS, problems: [404, 409, 502], hasOptionalBody: true },
      schema: {
        operationId: 'hangUpCall',
        summary: 'End a call',
        tags,
        params: callParams,
        body: z.strictObject({}).nullish(),
        response: { 204: noContent },
      },
    },
    async (request, reply) => {
      const { callSid } = request.params;
      if (await isElsewhere(request, reply, callSid)) return reply;
      await control.hangUp(callSid, actorOf(request));
      return reply.code(204).send();
    },
  );

  server.post(
    '/calls/:callSid/transfer',
    {
      config: { roles: OPERATORS, problems: [404, 409, 422, 502] },
      schema: {
        operationId: 'transferCall',
        summary: 'Put the caller through to a person',
        description:
          'Answers as soon as the carrier dials. When nobody answers, the caller comes back to the agent, once. ' +
          'Without `whisper` the person first hears a sentence made of what was said.',
        tags,
        params: callParams,
        body: z.strictObject({ to: e164Schema, whisper: z.string().trim().min(1).max(1000).optional() }),
        response: { 204: noContent },
      },
    },
    async (request, reply) => {
      const { callSid } = request.params;
      if (await isElsewhere(request, reply, callSid)) return reply;
      await control.transfer(callSid, request.body, actorOf(request));
      return reply.code(204).send();
    },
  );
}
