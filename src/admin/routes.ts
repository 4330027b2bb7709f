import type { FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { CallLog } from '../call/call-log.js';
import { agentInputSchema, beyondTheModel } from '../directory/agent.js';
import type { DirectoryStore } from '../directory/directory.js';
import { e164Schema, numberInputSchema } from '../directory/number.js';
import { BridgeError } from '../errors.js';
import { requireToken } from './bearer.js';
import { problemDocuments } from './problem.js';

export interface AdminRoutesOptions {
  directory: DirectoryStore;
  calls: CallLog;
  adminToken: string;
  defaultModelId: string;
}

const pageSchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(200).optional(),
});

const callsSchema = pageSchema.extend({
  state: z.enum(['ringing', 'live', 'ended']).optional(),
  number: e164Schema.optional(),
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
});

const e164Params = z.object({ e164: e164Schema });

/** Agents, numbers and calls for administrators and programs. */
export async function adminRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { directory, calls, adminToken, defaultModelId } = options;
  instance.setValidatorCompiler(validatorCompiler);
  instance.setSerializerCompiler(serializerCompiler);
  problemDocuments(instance);
  requireToken(instance, adminToken);
  const server = instance.withTypeProvider<ZodTypeProvider>();

  server.post('/agents', { schema: { body: agentInputSchema } }, async (request, reply) => {
    const problems = beyondTheModel(request.body, defaultModelId);
    if (problems.length > 0) {
      const errors = problems.map(({ path, message }) => ({ field: path.join('.'), message }));
      throw new BridgeError('REQUEST_INVALID', 'The voice model cannot do all that is asked.', { errors });
    }
    const agent = await directory.createAgent(request.body);
    return reply
      .code(201)
      .header('ETag', `"${agent.version}"`)
      .header('Location', `/api/agents/${agent.id}`)
      .send(agent);
  });

  server.get('/agents', { schema: { querystring: pageSchema } }, async (request) =>
    directory.listAgents(request.query),
  );

  server.get('/agents/:id', { schema: { params: z.object({ id: z.string() }) } }, async (request, reply) => {
    const agent = directory.findAgent(request.params.id);
    if (!agent) throw new BridgeError('NOT_FOUND', `There is no agent ${request.params.id}.`);
    return reply.header('ETag', `"${agent.version}"`).send(agent);
  });

  server.put('/numbers/:e164', { schema: { params: e164Params, body: numberInputSchema } }, async (request, reply) => {
    const { number, created } = await directory.putNumber(request.params.e164, request.body);
    return reply.code(created ? 201 : 200).send(number);
  });

  server.get('/numbers', { schema: { querystring: pageSchema } }, async (request) =>
    directory.listNumbers(request.query),
  );

  server.get('/numbers/:e164', { schema: { params: e164Params } }, async (request) => {
    const number = directory.findNumber(request.params.e164);
    if (!number) throw new BridgeError('NOT_FOUND', `Nobody has assigned ${request.params.e164}.`);
    return number;
  });

  server.get('/calls', { schema: { querystring: callsSchema } }, async (request) => {
    const { limit, cursor, ...filter } = request.query;
    return calls.list(filter, { limit, cursor });
  });

  server.get('/calls/:callSid', { schema: { params: z.object({ callSid: z.string() }) } }, async (request) => {
    const call = await calls.find(request.params.callSid);
    if (!call) throw new BridgeError('NOT_FOUND', `There is no call ${request.params.callSid}.`);
    return call;
  });
}
