import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BridgeError } from '../errors.js';
import { costOf } from './cost.js';
import { streamEvents } from './event-stream.js';
import type { AdminRoutesOptions } from './options.js';
import { callParams } from './pages.js';
import { EVERYBODY } from './route-rules.js';

const MOST_LIVE_CALLS = 1000;
const tags = ['events'];
const produces = 'text/event-stream';
const eventsSchema = z.any().describe('Server-sent events: `snapshot` first, then every fact by its kind, with an id.');

/** What happens to calls, as it happens, whichever instance carries them. */
export async function eventRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { calls, feed, recordOf, prices, clock } = options;
  const server = instance.withTypeProvider<ZodTypeProvider>();
  const open = new Set<() => void>();
  server.addHook('preClose', async () => {
    for (const close of [...open]) close();
  });

  const liveCalls = async () => {
    const pages = await Promise.all(
      (['ringing', 'live'] as const).map((state) => calls.list({ state }, { limit: MOST_LIVE_CALLS })),
    );
    return { data: { calls: pages.flatMap(({ items }) => items) }, isOver: false };
  };

  server.get(
    '/events',
    {
      config: { roles: EVERYBODY, produces },
      schema: {
        operationId: 'streamEvents',
        summary: 'What happens to all calls; goes on after `Last-Event-ID`',
        tags,
        response: { 200: eventsSchema },
      },
    },
    async (request, reply) => {
      await streamEvents(request, reply, { feed, clock, open, snapshot: liveCalls });
    },
  );

  server.get(
    '/calls/:callSid/events',
    {
      config: { roles: EVERYBODY, problems: [404], produces },
      schema: {
        operationId: 'streamCallEvents',
        summary: 'What happens to one call; ends with it',
        tags,
        params: callParams,
        response: { 200: eventsSchema },
      },
    },
    async (request, reply) => {
      const { callSid } = request.params;
      const snapshot = async () => {
        const record = recordOf(callSid) ?? (await calls.find(callSid));
        if (!record) throw new BridgeError('NOT_FOUND', `There is no call ${callSid}.`);
        return { data: { call: { ...record, cost: costOf(record, prices) } }, isOver: record.state === 'ended' };
      };
      await streamEvents(request, reply, { feed, clock, open, callSid, snapshot });
    },
  );
}
