import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { agentInputSchema } from '../directory/agent.js';
import { actorOf } from './authentication.js';
import { testCallSchema } from './call-schemas.js';
import type { AdminRoutesOptions } from './options.js';
import { TESTERS } from './route-rules.js';

const { shape } = agentInputSchema;

/** Calls without a carrier: the way in for a softphone and for recorded calls. */
export async function testCallRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  instance.withTypeProvider<ZodTypeProvider>().post(
    '/test-calls',
    {
      config: { roles: TESTERS },
      schema: {
        operationId: 'placeTestCall',
        summary: 'Prepares a test call: open `url` with the sub-protocols `oratio.ticket, <ticket>`',
        description: 'The client speaks the protocol of Twilio Media Streams. From a browser the page must be ours.',
        tags: ['test calls'],
        body: z.strictObject({
          agentId: z.string().min(1).max(120),
          agentVersion: z.int().min(1).max(2_147_483_647).optional(),
          voiceId: shape.voiceId
            .unwrap()
            .optional()
            .describe('Speaks in place of the voice of the agent, in this call alone.'),
          greeting: shape.greeting.describe('In place of the greeting of the agent, in this call alone.'),
          from: z.string().trim().min(1).max(60).optional().describe('Whom the agent believes to be calling.'),
        }),
        response: { 201: testCallSchema },
      },
    },
    async (request, reply) => reply.code(201).send(await options.control.test(request.body, actorOf(request))),
  );
}
