import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ForgottenMemory } from '../call/call-store.js';
import type { CallRecord } from '../call/record.js';
import { BridgeError } from '../errors.js';
import { actorOf } from './authentication.js';
import { callSchema, callSummarySchema } from './call-schemas.js';
import { shownCall } from './cost.js';
import { forwarded } from './forwarding.js';
import type { AdminRoutesOptions } from './options.js';
import { callParams, momentQuery, numberQuery, pageOf, pageQuery } from './pages.js';
import { ADMINS, EVERYBODY } from './route-rules.js';

const tags = ['calls'];

/** Whoever calls may have a number that no plan knows, or none: a SIP address, or a name of a client of the carrier. */
const PERSON = /^(\+\d{3,15}|(sips?|client):\S{1,250})$/;

/** Calls on record. */
export async function callRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { calls, recordings, recordOf, prices } = options;
  const server = instance.withTypeProvider<ZodTypeProvider>();

  const find = async (callSid: string): Promise<CallRecord> => {
    const record = recordOf(callSid) ?? (await calls.find(callSid));
    if (!record) throw new BridgeError('NOT_FOUND', `There is no call ${callSid}.`);
    return record;
  };

  server.get(
    '/calls',
    {
      config: { roles: EVERYBODY },
      schema: {
        operationId: 'listCalls',
        summary: 'Lists calls, newest first',
        tags,
        querystring: pageQuery.extend({
          state: z.enum(['ringing', 'live', 'ended']).optional(),
          number: numberQuery.optional().describe('Either side of the call.'),
          agentId: z.string().min(1).max(120).optional(),
          version: z.coerce.number().int().min(1).max(2_147_483_647).optional().describe('Of that agent.'),
          tests: z
            .enum(['excluded', 'included', 'only'])
            .default('included')
            .describe('Calls that were placed from the API without a carrier.'),
          from: momentQuery.describe('Begun then or later.'),
          to: momentQuery.describe('Begun before.'),
        }),
        response: { 200: pageOf(callSummarySchema) },
      },
    },
    async (request) => {
      const { limit, cursor, version: agentVersion, ...filter } = request.query;
      if (agentVersion !== undefined && filter.agentId === undefined) {
        throw new BridgeError('REQUEST_INVALID', 'is of an agent: say which one (agentId)', { field: 'version' });
      }
      return calls.list({ ...filter, agentVersion }, { limit, cursor });
    },
  );

  server.get(
    '/calls/:callSid',
    {
      config: { roles: EVERYBODY, problems: [404] },
      schema: {
        operationId: 'getCall',
        summary: 'Shows a call: turns as heard, tools, usage',
        tags,
        params: callParams,
        response: { 200: callSchema },
      },
    },
    async (request) => shownCall(await find(request.params.callSid), prices),
  );

  server.get(
    '/calls/:callSid/audio.wav',
    {
      exposeHeadRoute: false,
      config: { roles: EVERYBODY, problems: [404, 416], produces: 'audio/wav' },
      schema: {
        operationId: 'getCallAudio',
        summary: 'The recording of a call: stereo, the caller left, the agent as heard right',
        tags,
        params: callParams,
        response: {
          200: { description: 'The whole recording', content: { 'audio/wav': { schema: z.any() } } },
          206: { description: 'A part of it (Range)', content: { 'audio/wav': { schema: z.any() } } },
        },
      },
    },
    async (request, reply) => {
      const { callSid } = request.params;
      await find(callSid);
      const opened = await recordings.open(callSid, request.headers.range).catch((error: unknown) => {
        const { byteLength } = error instanceof BridgeError ? error.details : {};
        if (byteLength === undefined) throw error;
        reply.header('Content-Range', `bytes */${byteLength}`);
        throw new BridgeError('REQUEST_INVALID', (error as BridgeError).message, { httpStatus: 416 });
      });
      if (!opened) {
        // While the call goes on, only the instance that carries it may have its sound.
        if (!recordOf(callSid) && (await forwarded(request, reply, callSid, options))) return reply;
        throw new BridgeError('NOT_FOUND', `There is no recording of the call ${callSid}.`);
      }
      const { stream, byteLength, part } = opened;
      reply.header('Accept-Ranges', 'bytes').type('audio/wav');
      if (part) reply.code(206).header('Content-Range', `bytes ${part.firstByte}-${part.lastByte}/${byteLength}`);
      reply.header('Content-Length', part ? part.lastByte - part.firstByte + 1 : byteLength);
      return reply.send(stream as never);
    },
  );

  server.delete(
    '/callers/:e164',
    {
      config: { roles: ADMINS, problems: [409] },
      schema: {
        operationId: 'deleteCaller',
        summary: 'Forgets a person: every call with them, transcripts and recordings',
        description:
          'And what the memories (AgentCore Memory) keep of them that any version of an agent has named. What a memory is still ' +
          'learning from a call of the last minutes may come after: ask again later. It is also where to look when `failure` says ' +
          'that a memory could not be asked.',
        tags,
        params: z.object({ e164: z.string().regex(PERSON, 'must be a number such as +14155550100, or a SIP address') }),
        response: {
          200: z.strictObject({
            calls: z.int().describe('How many were deleted.'),
            recordings: z.int().describe('How many were removed, or are about to be where their store is away.'),
            memories: z
              .array(
                z.strictObject({
                  memoryId: z.string(),
                  events: z.int(),
                  records: z.int(),
                  failure: z
                    .string()
                    .nullable()
                    .describe('Why the person may still be known there; null when all went well.'),
                }),
              )
              .describe('What was deleted in each memory; also in the audit trail.'),
          }),
        },
      },
    },
    async (request) => {
      const { e164 } = request.params;
      let recordings = 0;
      let memories: readonly ForgottenMemory[] = [];
      const callSids = await calls.deleteCaller(
        e164,
        actorOf(request),
        async (found) => {
          recordings += await options.removeRecordings(found);
        },
        async () => {
          memories = await options.forgetMemories(e164);
          return memories;
        },
      );
      return { calls: callSids.length, recordings, memories: [...memories] };
    },
  );
}
