import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BridgeError } from '../errors.js';
import type { AdminRoutesOptions } from './options.js';
import { callParams, pageOf, pageQuery } from './pages.js';
import { EVERYBODY } from './route-rules.js';

const tags = ['calls'];

const deliverySchema = z
  .strictObject({
    callSid: z.string(),
    state: z.enum(['waiting', 'delivered', 'given-up']),
    attempts: z.int().describe('Begun so far.'),
    enteredAt: z.iso.datetime(),
    nextAttemptAt: z.iso.datetime().nullable().describe('Null when there is none to come.'),
    finishedAt: z.iso.datetime().nullable().describe('When it was delivered or given up.'),
    lastFailure: z.string().nullable().describe('What the receiver answered last, if it was no success.'),
  })
  .meta({ id: 'WebhookDelivery' });

/** What became of the webhooks that numbers want when their calls end. */
export async function webhookDeliveryRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { webhooks } = options;
  const server = instance.withTypeProvider<ZodTypeProvider>();

  server.get(
    '/calls/:callSid/webhook',
    {
      config: { roles: EVERYBODY, problems: [404] },
      schema: {
        operationId: 'getCallWebhook',
        summary: 'Tells whether the webhook of the end of a call was delivered',
        description:
          'Tried for about seven hours. Known for a day once it was delivered, and for thirty days once it was given up.',
        tags,
        params: callParams,
        response: { 200: deliverySchema },
      },
    },
    async ({ params: { callSid } }) => {
      const delivery = await webhooks.of(callSid);
      if (delivery) return delivery;
      throw new BridgeError('NOT_FOUND', `Nothing is known of a webhook of the call ${callSid}.`);
    },
  );

  server.get(
    '/webhooks/given-up',
    {
      config: { roles: EVERYBODY },
      schema: {
        operationId: 'listWebhooksGivenUp',
        summary: 'Lists webhooks of ended calls that were given up in the last thirty days, newest first',
        tags,
        querystring: pageQuery,
        response: { 200: pageOf(deliverySchema) },
      },
    },
    async (request) => webhooks.givenUp(request.query),
  );
}
