import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BridgeError, messageOf } from '../errors.js';
import { credentialOf } from './authentication.js';
import { CallEnd } from './call-end.js';
import { callSnapshot } from './call-snapshot.js';
import { costOf } from './cost.js';
import { EventStream, type EventStreamOptions } from './event-stream.js';
import { eventText } from './event-text.js';
import type { AdminRoutesOptions } from './options.js';
import { callParams } from './pages.js';
import { EVERYBODY } from './route-rules.js';

const lastEventHeader = z.object({
  'last-event-id': z
    .string()
    .regex(/^\d{1,15}$/, 'must be the id of an event')
    .transform(Number)
    .optional()
    .describe('Goes on behind this event.'),
});

const eventsResponse = {
  200: {
    description:
      'Events by their `kind`, each with its `id`; the data is JSON with `callSid`, `atMs`, `wallTime` and what belongs ' +
      'to the kind. First comes `snapshot` (the state, with the newest id in it; of all calls each with what it ' +
      'is at: `now`, with its `lastTurn`, `runningTools`, `openStreams`, `hasHadStream` and `isSensitive`), or what was ' +
      'missed since `Last-Event-ID`; `reset` and a snapshot when too much was missed.',
    content: { 'text/event-stream': { schema: z.string() } },
  },
} as const;

const route = { config: { roles: EVERYBODY, produces: 'text/event-stream' }, exposeHeadRoute: false } as const;

/** Event streams of calls, whichever instance carries them. */
export async function eventRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { calls, feed, recordOf, prices, clock } = options;
  const server = instance.withTypeProvider<ZodTypeProvider>();
  const open = new Set<EventStream>();
  instance.addHook('preClose', async () => {
    for (const stream of open) stream.close();
  });

  let reading: Promise<{ id: number; bytes: Buffer }> | undefined;
  /** How all calls stand: read once for all who come at the same time. */
  const allCalls = () => {
    reading ??= calls
      .active()
      .then(({ id, calls: active }) => snapshot(id, { calls: active }))
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };

  const send = (
    request: FastifyRequest,
    reply: FastifyReply,
    more: Omit<EventStreamOptions, 'feed' | 'clock' | 'isAllowed' | 'failed'>,
  ) => {
    const { stillHolds } = credentialOf(request);
    const stream = new EventStream({
      feed,
      clock,
      isAllowed: stillHolds,
      failed: (error) => request.log.warn({ reason: messageOf(error) }, 'event stream ended early'),
      ...more,
    });
    open.add(stream);
    stream.readable.once('close', () => open.delete(stream));
    // Proxies must not wait for more before they pass on what is there.
    reply.type('text/event-stream').header('X-Accel-Buffering', 'no');
    return reply.send(stream.readable);
  };

  server.get(
    '/events',
    {
      ...route,
      schema: {
        operationId: 'streamEvents',
        summary: 'What happens to all calls, as it happens',
        tags: ['events'],
        headers: lastEventHeader,
        response: eventsResponse,
      },
    },
    async (request, reply) =>
      send(request, reply, {
        afterId: request.headers['last-event-id'],
        snapshot: allCalls,
      }),
  );

  server.get(
    '/calls/:callSid/events',
    {
      ...route,
      config: { ...route.config, problems: [404] },
      schema: {
        operationId: 'streamCallEvents',
        summary: 'What happens to a call, as it happens, to its end',
        description:
          'The last event is `end`. Whoever comes back after that gets 204, which tells an EventSource to stop.',
        tags: ['events'],
        params: callParams,
        headers: lastEventHeader,
        response: { ...eventsResponse, 204: z.undefined().describe('The call is over, and nothing was missed.') },
      },
    },
    async (request, reply) => {
      const { callSid } = request.params;
      const afterId = request.headers['last-event-id'];
      const record = (await calls.find(callSid)) ?? recordOf(callSid);
      if (!record) throw new BridgeError('NOT_FOUND', `There is no call ${callSid}.`);
      let end = new CallEnd(record);
      const isOver = () => end.isOver(clock.now());
      if (afterId !== undefined && isOver() && !(await feed.hasForgotten(afterId))) {
        const missed = await feed.since(afterId, { callSid, limit: 1 });
        if (missed.length === 0) return reply.code(204).send();
      }
      return send(request, reply, {
        callSid,
        afterId,
        async snapshot() {
          const { id, data } = await callSnapshot(callSid, options);
          // It may have ended since it was looked up, and that fact is not told again.
          end = new CallEnd(data);
          return snapshot(id, { call: { ...data, cost: costOf(data, prices) } });
        },
        told: ({ event, wallTimeMs }) => end.took(event, wallTimeMs),
        isOver,
      });
    },
  );
}

function snapshot(id: number, data: unknown): { id: number; bytes: Buffer } {
  return { id, bytes: Buffer.from(eventText({ id, kind: 'snapshot', data })) };
}
