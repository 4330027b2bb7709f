import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { InstanceInfo } from '../call/call-store.js';
import { BridgeError } from '../errors.js';
import { actorOf, credentialOf } from './authentication.js';
import { carriedElsewhere } from './forwarding.js';
import type { AdminRoutesOptions } from './options.js';
import { callParams } from './pages.js';
import { OPERATORS } from './route-rules.js';
import { openedThrough, passThrough } from './socket-forwarding.js';
import { watchListener } from './watch-listener.js';

const WORDS = `
The socket sends; what comes over it is not read. First comes
\`{"event":"start","callSid":"CA…","encoding":"audio/x-mulaw","sampleRate":8000,"channels":["caller","agent"],"atMs":5120,"sensitive":false}\`,
then sound as binary messages: one byte for the side (0 caller, 1 agent), the ms of the call at which its first sample sounded
(four bytes, unsigned, big-endian), and mu-law, 8 bytes per ms.

\`atMs\` is the clock of turns, events and recordings: ms since the media stream started. Both sides come as the caller hears
them, at the pace of the call and 0.3 to 0.4 s later (1.1 s at most, while the caller's audio is late): play each message at
\`atMs\` from its side's queue, both by one clock that began a little behind the first message. Messages of a side are in order and
never overlap; where none is, it is silent.

\`{"event":"clear","atMs":…}\`: the agent was cut there, and what the carrier still had to play of it is not sent.
\`{"event":"sensitive","active":true,"atMs":…}\`: from there on something secret is spoken or keyed in, and nothing of either side is
sent, until \`"active":false\`, which says when sound goes on. \`{"event":"end","atMs":…,"endReason":"…"}\` and close code 1000: the
media stream is over. A call that goes on with another one (its line was interrupted, or another instance takes it on) is listened to
by opening the socket again. Other close codes: 1013 the listener was too slow or came too late, 1008 its token or session no longer
holds, 1001 and 1011 the connection was lost.

Who listens is in the audit trail (\`call.listened\`) before anything is heard; while that cannot be written, nobody can (503).
A browser shows its session cookie, and its page has to be ours.`.trim();

/** People hear a live call, whichever instance carries it. */
export async function listenRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { calls, recordOf, listening, audit, publicUrl, clock } = options;
  const server = instance.withTypeProvider<ZodTypeProvider>();
  const through = new WeakMap<FastifyRequest['raw'], WebSocket>();
  const watch = watchListener(instance, clock);

  /** The instance that carries the call, undefined when it is this one. NOT_FOUND, or CALL_NOT_LIVE when none does. */
  const carrierOf = async (request: FastifyRequest, callSid: string): Promise<InstanceInfo | undefined> => {
    const own = recordOf(callSid);
    // A call that goes on here is in reach also while the store is away.
    if (own && own.state !== 'ended') return undefined;
    const carrier = await carriedElsewhere(request, callSid, options);
    if (carrier) return carrier;
    if (own || (await calls.find(callSid))) throw new BridgeError('CALL_NOT_LIVE', `The call ${callSid} is over.`);
    throw new BridgeError('NOT_FOUND', `There is no call ${callSid}.`);
  };

  server.route({
    method: 'GET',
    url: '/calls/:callSid/listen',
    exposeHeadRoute: false,
    config: { roles: OPERATORS, problems: [404, 409, 426, 502], opensSocket: true },
    schema: {
      operationId: 'listenToCall',
      summary: 'Hear a live call (WebSocket): both sides, as the caller hears them',
      description: WORDS,
      tags: ['calls'],
      params: callParams,
      response: { 101: z.undefined().describe('The socket is open.') },
    },
    async preHandler(request, reply) {
      const { callSid } = request.params;
      const carrier = await carrierOf(request, callSid);
      if (!request.ws) return;
      if (carrier) {
        const socket = await openedThrough(request, reply, { carrier, publicUrl });
        if (!socket) return reply;
        through.set(request.raw, socket);
      } else {
        const atMs = listening.check(callSid);
        const entry = { action: 'call.listened', subject: `call/${callSid}`, before: null, after: { atMs } };
        await audit.enter(entry, actorOf(request));
      }
    },
    async handler(_request, reply) {
      reply.header('Upgrade', 'websocket');
      throw new BridgeError('REQUEST_INVALID', 'This has to be opened as a WebSocket.', { httpStatus: 426 });
    },
    wsHandler(socket, request) {
      const other = through.get(request.raw);
      const { callSid } = callParams.parse(request.params);
      const leave = other ? passThrough(socket, other) : listening.join(callSid, socket);
      watch(socket, credentialOf(request).stillHolds, leave);
    },
  });
}
