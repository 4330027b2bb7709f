import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { agentInputSchema } from '../directory/agent.js';
import { beyondTheModel } from '../directory/agent-rules.js';
import { actorOf } from './authentication.js';
import { testCallSchema } from './call-schemas.js';
import type { FieldProblem } from './field-problems.js';
import type { AdminRoutesOptions } from './options.js';
import { TESTERS } from './route-rules.js';

const { shape } = agentInputSchema;

const testCallBody = z.strictObject({
  agentId: z.string().min(1).max(120),
  agentVersion: z.int().min(1).max(2_147_483_647).optional(),
  voiceId: shape.voiceId.unwrap().optional().describe('Speaks in place of the voice of the agent, in this call alone.'),
  greeting: shape.greeting.describe('In place of the greeting of the agent, in this call alone.'),
  from: z.string().trim().min(1).max(60).optional().describe('Whom the agent believes to be calling.'),
});

/** The fields that rules are about, each only if it has its form. */
const ruledSchema = z
  .object({
    agentId: testCallBody.shape.agentId.optional().catch(undefined),
    agentVersion: testCallBody.shape.agentVersion.catch(undefined),
    voiceId: testCallBody.shape.voiceId.catch(undefined),
  })
  .catch({ agentVersion: undefined, voiceId: undefined });

/** Calls without a carrier: the way in for a softphone and for recorded calls. */
export async function testCallRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  /** Rules beyond the form; older versions, which may not be in memory, are looked at when the call is prepared. */
  const brokenRules = (body: unknown): FieldProblem[] => {
    const { agentId, agentVersion, voiceId } = ruledSchema.parse(body);
    if (agentId === undefined) return [];
    const latest = options.directory.findAgent(agentId);
    if (!latest) return [{ field: 'agentId', message: `there is no agent ${agentId}` }];
    const agent = options.directory.findAgent(agentId, agentVersion);
    return beyondTheModel({ modelId: agent?.modelId, voiceId: agent && voiceId }, latest.modelId).map(
      ({ path, message }) => ({ field: path.join('.'), message }),
    );
  };

  instance.withTypeProvider<ZodTypeProvider>().post(
    '/test-calls',
    {
      config: { roles: TESTERS, brokenRules: ({ body }) => brokenRules(body) },
      schema: {
        operationId: 'placeTestCall',
        summary: 'Prepares a test call: open `url` with the sub-protocols `oratio.ticket, <ticket>`',
        description: 'The client speaks the protocol of Twilio Media Streams. From a browser the page must be ours.',
        tags: ['test calls'],
        body: testCallBody,
        response: { 201: testCallSchema },
      },
    },
    async (request, reply) => reply.code(201).send(await options.control.test(request.body, actorOf(request))),
  );
}
