import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { mayHaveHeard } from '../call/carrier.js';
import { e164Schema } from '../directory/number.js';
import { BridgeError, type ErrorCode } from '../errors.js';
import { actorOf } from './authentication.js';
import { callSchema, variablesSchema } from './call-schemas.js';
import { costOf } from './cost.js';
import type { FieldProblem } from './field-problems.js';
import { KEY_WORDS, keyHeader, once } from './once.js';
import type { AdminRoutesOptions } from './options.js';
import { OPERATORS } from './route-rules.js';

const outboundBody = z.strictObject({
  to: e164Schema,
  from: e164Schema.describe('One of our numbers (`/api/numbers`); its limits hold for this call.'),
  agentId: z.string().min(1).max(120),
  agentVersion: z.int().min(1).max(2_147_483_647).optional(),
  variables: variablesSchema,
  onMachine: z
    .union([z.enum(['continue', 'hang-up']), z.strictObject({ say: z.string().trim().min(1).max(1000) })])
    .optional()
    .describe('What happens when a machine answers; left out, nobody finds out.'),
});

/** The fields that rules are about, each only if it has its form. */
const rulesSchema = z
  .object({
    to: e164Schema.optional().catch(undefined),
    from: e164Schema.optional().catch(undefined),
    agentId: outboundBody.shape.agentId.optional().catch(undefined),
  })
  .catch({});

/** Refusals after which nobody has been called: the key may be used again. */
const NOTHING_DONE: readonly ErrorCode[] = [
  'REQUEST_INVALID',
  'NOT_FOUND',
  'CONFLICT',
  'DIAL_NOT_ALLOWED',
  'NUMBER_LIMIT_REACHED',
  'NO_CAPACITY',
  'CARRIER_REFUSED',
  'CARRIER_NOT_CONFIGURED',
  // Once the carrier has been asked, the store fails nothing.
  'STORE_UNAVAILABLE',
];

/** Outbound calls: nobody is called twice because an answer got lost. */
export async function outboundCallRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { control, directory, idempotency, mayDial, prices } = options;
  const server = instance.withTypeProvider<ZodTypeProvider>();

  const brokenRules = (body: unknown): FieldProblem[] => {
    const { to, from, agentId } = rulesSchema.parse(body);
    const problems: FieldProblem[] = [];
    if (agentId !== undefined && !directory.findAgent(agentId)) {
      problems.push({ field: 'agentId', message: 'There is no such agent.' });
    }
    if (from !== undefined && !directory.findNumber(from)) {
      problems.push({ field: 'from', message: 'is not one of our numbers' });
    }
    if (to !== undefined && directory.findNumber(to)) {
      problems.push({ field: 'to', message: 'is one of our numbers: two agents would talk to each other' });
    } else if (to !== undefined && from !== undefined && !mayDial(to, from)) {
      problems.push({ field: 'to', message: `may not be dialled from ${from}: see DIAL_PREFIXES` });
    }
    return problems;
  };

  server.post(
    '/calls',
    {
      config: { roles: OPERATORS, problems: [409, 422, 502], brokenRules: ({ body }) => brokenRules(body) },
      schema: {
        operationId: 'placeCall',
        summary: 'Call somebody',
        description: KEY_WORDS,
        tags: ['calls'],
        headers: keyHeader,
        body: outboundBody,
        response: { 201: callSchema },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const errors = brokenRules(request.body);
      // A single one has a code of its own.
      if (errors.length > 1) throw new BridgeError('REQUEST_INVALID', 'Some fields are not valid.', { errors });
      const place = async () => {
        const record = await control.place({ ...request.body, onMachine: request.body.onMachine }, actor);
        return { ...record, cost: costOf(record, prices) };
      };
      return once(request, reply, {
        ...{ idempotency, work: place, status: 201 },
        locationOf: ({ callSid }) => `/api/calls/${callSid}`,
        isNothingDone: (failure) =>
          failure.code === 'CARRIER_UNREACHABLE' ? !mayHaveHeard(failure) : NOTHING_DONE.includes(failure.code),
        unknownWords:
          'It is not known whether the first request with this Idempotency-Key has called: look at the list of calls, ' +
          'and use a new key to call again.',
      });
    },
  );
}
