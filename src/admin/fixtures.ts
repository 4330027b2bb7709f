import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BridgeError } from '../errors.js';
import { forwarded } from './forwarding.js';
import type { AdminRoutesOptions } from './options.js';
import { callParams } from './pages.js';
import { TESTERS } from './route-rules.js';

/** Makes recorded calls of what is kept of calls. Throws `NOT_FOUND` when nothing is. */
export interface FixtureShelf {
  zipOf(callSid: string, options: { stream: number; redact: readonly string[] }): Promise<Uint8Array>;
}

const text = z.string().trim().min(1).max(200);

/** Recorded calls as tests. */
export async function fixtureRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { calls, fixtures, recordOf } = options;
  const server = instance.withTypeProvider<ZodTypeProvider>();

  server.get(
    '/calls/:callSid/fixture.zip',
    {
      exposeHeadRoute: false,
      config: { roles: TESTERS, problems: [404, 409, 502], produces: 'application/zip' },
      schema: {
        operationId: 'getCallFixture',
        summary: 'A call as a test: the folder that `npm run record` makes',
        description:
          'Of a call over a number that records, when it is over. Card numbers, keys and numbers of people are taken out, in ' +
          'texts and sound. A person listens to it and edits its expectations before it is kept.',
        tags: ['calls'],
        params: callParams,
        querystring: z.strictObject({
          stream: z.coerce
            .number()
            .int()
            .min(1)
            .max(100)
            .default(1)
            .describe('Which media stream of a call that came back.'),
          redact: z
            .union([text, z.array(text).max(50)])
            .default([])
            .describe('Names and other texts that must not be in it; may be given several times.'),
        }),
        response: { 200: { description: 'The folder', content: { 'application/zip': { schema: z.any() } } } },
      },
    },
    async (request, reply) => {
      const { callSid } = request.params;
      const { stream, redact } = request.query;
      const record = recordOf(callSid) ?? (await calls.find(callSid));
      if (!record) throw new BridgeError('NOT_FOUND', `There is no call ${callSid}.`);
      if (!recordOf(callSid) && (await forwarded(request, reply, callSid, options))) return reply;
      if (record.state !== 'ended')
        throw new BridgeError('CONFLICT', `The call ${callSid} goes on: it is kept as a whole.`);
      const zip = await fixtures.zipOf(callSid, { stream, redact: [redact].flat() });
      reply.type('application/zip').header('Content-Disposition', `attachment; filename="${callSid}.zip"`);
      return reply.send(Buffer.from(zip) as never);
    },
  );
}
