import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { CallRecord } from '../call/record.js';
import { e164Schema } from '../directory/number.js';
import { BridgeError } from '../errors.js';
import { actorOf } from './authentication.js';
import { callSchema, callSummarySchema } from './call-schemas.js';
import { costOf } from './cost.js';
import { forwardedTo } from './forwarding.js';
import type { AdminRoutesOptions } from './options.js';
import { callParams, e164Params, momentQuery, noContent, numberQuery, pageOf, pageQuery } from './pages.js';
import { ADMINS, EVERYBODY, OPERATORS } from './route-rules.js';

const tags = ['calls'];

const onMachineSchema = z.union([
  z.enum(['continue', 'hang-up']),
  z.strictObject({ say: z.string().trim().min(1).max(1000) }),
]);

/** Calls on record, live calls, and calls that are placed from here. */
export async function callRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { calls, control, recordings, recordOf, prices, idempotency } = options;
  const server = instance.withTypeProvider<ZodTypeProvider>();
  const shown = (record: CallRecord) => ({ ...record, cost: costOf(record, prices) });

  const find = async (callSid: string): Promise<CallRecord> => {
    const record = recordOf(callSid) ?? (await calls.find(callSid));
    if (!record) throw new BridgeError('NOT_FOUND', `There is no call ${callSid}.`);
    return record;
  };

  /** Does it where the call is: here, or at the instance that carries it. */
  const whereItIs = async (request: FastifyRequest, reply: FastifyReply, callSid: string, act: () => Promise<void>) => {
    const carrier = recordOf(callSid) ? undefined : await calls.carrierOf(callSid);
    if (carrier && carrier.id !== options.instance.id) return forwardedTo(carrier, request, reply);
    if (!recordOf(callSid)) {
      await find(callSid);
      throw new BridgeError('CALL_NOT_LIVE', `The call ${callSid} is over.`);
    }
    await act();
    return reply.code(204).send(null);
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
          from: momentQuery.describe('Begun then or later.'),
          to: momentQuery.describe('Begun before.'),
        }),
        response: { 200: pageOf(callSummarySchema) },
      },
    },
    async (request) => {
      const { limit, cursor, ...filter } = request.query;
      return calls.list(filter, { limit, cursor });
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
    async (request) => shown(await find(request.params.callSid)),
  );

  server.get(
    '/calls/:callSid/audio.wav',
    {
      config: { roles: EVERYBODY, problems: [404, 416], produces: 'audio/wav' },
      schema: {
        operationId: 'getCallAudio',
        summary: 'The recording of a call: stereo, the caller left, the agent as heard right',
        tags,
        params: callParams,
        response: { 200: z.any().describe('WAV'), 206: z.any().describe('A part of it (Range)') },
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
      if (!opened) throw new BridgeError('NOT_FOUND', `There is no recording of the call ${callSid}.`);
      const { stream, byteLength, part } = opened;
      reply.header('Accept-Ranges', 'bytes').type('audio/wav');
      if (part) reply.code(206).header('Content-Range', `bytes ${part.firstByte}-${part.lastByte}/${byteLength}`);
      reply.header('Content-Length', part ? part.lastByte - part.firstByte + 1 : byteLength);
      return reply.send(stream as never);
    },
  );

  server.post(
    '/calls/:callSid/hangup',
    {
      config: { roles: OPERATORS, problems: [404, 409, 502], hasOptionalBody: true },
      schema: {
        operationId: 'hangUpCall',
        summary: 'Ends a live call',
        tags,
        params: callParams,
        body: z.strictObject({}).nullish(),
        response: { 204: noContent },
      },
    },
    async (request, reply) => {
      const { callSid } = request.params;
      return whereItIs(request, reply, callSid, () => control.hangUp(callSid, actorOf(request)));
    },
  );

  server.post(
    '/calls/:callSid/transfer',
    {
      config: { roles: OPERATORS, problems: [404, 409, 422, 502] },
      schema: {
        operationId: 'transferCall',
        summary: 'Puts the caller through to a person',
        tags,
        params: callParams,
        body: z.strictObject({
          to: e164Schema,
          whisper: z
            .string()
            .trim()
            .min(1)
            .max(500)
            .optional()
            .describe('What that person hears first; left out, a sentence about the call.'),
        }),
        response: { 204: noContent },
      },
    },
    async (request, reply) => {
      const { callSid } = request.params;
      return whereItIs(request, reply, callSid, () => control.transfer(callSid, request.body, actorOf(request)));
    },
  );

  server.post(
    '/calls',
    {
      config: { roles: OPERATORS, problems: [409, 422, 502] },
      schema: {
        operationId: 'placeCall',
        summary: 'Places an outbound call',
        description: 'With an `Idempotency-Key` header it is placed once, however often it is asked for within a day.',
        tags,
        body: z.strictObject({
          to: e164Schema,
          from: e164Schema,
          agentId: z.string().min(1).max(120),
          agentVersion: z.int().min(1).max(2_147_483_647).optional(),
          variables: z.record(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), z.string().max(2000)).default({}),
          onMachine: onMachineSchema.default('continue').describe('What happens when a machine answers.'),
        }),
        response: { 201: callSchema },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const key = idempotencyKey(request);
      if (key !== undefined) {
        const requestHash = createHash('sha256').update(JSON.stringify(request.body)).digest('hex');
        const before = await idempotency.begin(key, actor.id, requestHash);
        if (before.state === 'finished') {
          reply.header('Idempotent-Replayed', 'true');
          return reply.code(before.status as 201).send(before.body as z.input<typeof callSchema>);
        }
        if (before.state === 'running') {
          throw new BridgeError('CONFLICT', 'The same request is being carried out at this moment.');
        }
        if (before.state === 'other-request') {
          throw new BridgeError('CONFLICT', 'This Idempotency-Key was used for another request.', { httpStatus: 422 });
        }
      }
      let record: CallRecord;
      try {
        record = await control.place(request.body, actor);
      } catch (error) {
        if (key !== undefined) await idempotency.release(key, actor.id);
        throw error;
      }
      const answer = shown(record);
      if (key !== undefined) await idempotency.finish(key, actor.id, 201, answer);
      return reply.code(201).header('Location', `/api/calls/${record.callSid}`).send(answer);
    },
  );

  server.delete(
    '/callers/:e164',
    {
      config: { roles: ADMINS, problems: [409] },
      schema: {
        operationId: 'deleteCaller',
        summary: 'Forgets a person: every call with them, transcripts and recordings',
        tags,
        params: e164Params,
        response: { 200: z.strictObject({ calls: z.int().describe('How many were deleted.') }) },
      },
    },
    async (request) => {
      const callSids = await calls.deleteCaller(request.params.e164, actorOf(request));
      await options.forget(callSids);
      return { calls: callSids.length };
    },
  );
}

function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,200}$/.test(key)) return key;
  throw new BridgeError('REQUEST_INVALID', 'must have 1 to 200 printable characters without spaces', {
    field: 'Idempotency-Key',
  });
}
