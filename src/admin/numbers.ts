import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { dialsInCircle } from '../directory/dialling.js';
import { numberInputSchema } from '../directory/number.js';
import { BridgeError } from '../errors.js';
import { actorOf } from './authentication.js';
import { numberSchema, syncSchema, writtenNumberSchema } from './directory-schemas.js';
import type { FieldProblem } from './field-problems.js';
import { listedNumberSchema, numberCheckSchema } from './number-check-schemas.js';
import { numberChecks } from './number-checks.js';
import type { AdminRoutesOptions } from './options.js';
import { e164Params, noContent, pageOf, pageQuery } from './pages.js';
import { ADMINS, READERS } from './route-rules.js';
import { etagOf, isKnown, mayOnlyCreate, versionAsked } from './versions.js';

const tags = ['numbers'];

/** The fields that rules are about, each only if it has its form. */
const ruledSchema = z
  .object({
    agentId: numberInputSchema.shape.agentId.optional().catch(undefined),
    agentVersion: numberInputSchema.shape.agentVersion.catch(undefined),
    canary: numberInputSchema.shape.canary.catch(undefined),
    fallback: numberInputSchema.shape.fallback.catch(undefined),
    overflow: numberInputSchema.shape.overflow.catch(undefined),
    hours: numberInputSchema.shape.hours.catch(undefined),
  })
  .catch({ agentVersion: undefined, canary: undefined, fallback: undefined, overflow: undefined, hours: undefined });

type RuledFields = z.infer<typeof ruledSchema>;

/** Of these the store knows more than the memory of an instance, which may be some ms behind. */
const LEFT_TO_STORE: ReadonlySet<string> = new Set(['agentId', 'agentVersion', 'canary.agentVersion']);

/** Numbers and what answers them. */
export async function numberRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { directory, directoryStore, numberSync, mayDial, webhookSecret, clock } = options;
  const server = instance.withTypeProvider<ZodTypeProvider>();
  const checks = numberChecks({ numberSync, clock });

  const find = (e164: string) => {
    const number = directory.findNumber(e164);
    if (!number) throw new BridgeError('NOT_FOUND', `Nobody has assigned ${e164}.`);
    return number;
  };

  const unknownAgents = ({ agentId, agentVersion, canary }: RuledFields): FieldProblem[] => {
    if (agentId === undefined) return [];
    const agent = directory.findAgent(agentId);
    if (!agent) return [{ field: 'agentId', message: 'There is no such agent.' }];
    const versions = [
      { field: 'agentVersion', version: agentVersion },
      { field: 'canary.agentVersion', version: canary?.agentVersion },
    ];
    return versions.flatMap(({ field, version }) =>
      version === undefined || version <= agent.version
        ? []
        : [{ field, message: `the agent has no version ${version}` }],
    );
  };

  /** Rules beyond the form. */
  const brokenRules = (e164: string, fields: RuledFields): FieldProblem[] => {
    const { fallback, overflow, hours } = fields;
    const targets = [
      { field: 'fallback.dial', target: fallback },
      { field: 'overflow.dial', target: overflow },
      { field: 'hours.closed.dial', target: hours?.closed },
    ];
    const errors = targets.flatMap(({ field, target }) => {
      if (!target || !('dial' in target)) return [];
      if (target.dial === e164) return [{ field, message: 'the number would call itself without end' }];
      if (dialsInCircle(e164, target.dial, (number) => directory.findNumber(number))) {
        return [{ field, message: 'that number dials this one in turn: callers would go round without end' }];
      }
      if (mayDial(target.dial, e164)) return [];
      return [{ field, message: `may not be dialled from ${e164}: see DIAL_PREFIXES` }];
    });
    return [...unknownAgents(fields), ...errors];
  };

  server.put(
    '/numbers/:e164',
    {
      config: {
        ...{ roles: ADMINS, problems: [412] },
        brokenRules: ({ params, body }) => brokenRules((params as { e164: string }).e164, ruledSchema.parse(body)),
      },
      schema: {
        operationId: 'putNumber',
        summary: 'Says what answers a number',
        description: '`If-Match` with its version guards a change, `If-None-Match: *` only creates.',
        tags,
        params: e164Params,
        body: numberInputSchema,
        response: { 200: writtenNumberSchema, 201: writtenNumberSchema },
      },
    },
    async (request, reply) => {
      const { e164 } = request.params;
      const errors = brokenRules(e164, request.body);
      if (errors.some(({ field }) => !LEFT_TO_STORE.has(field))) {
        throw new BridgeError('REQUEST_INVALID', 'Some fields are not valid.', { errors });
      }
      const { number, before } = await directoryStore.putNumber(e164, request.body, {
        actor: actorOf(request),
        ifVersion: versionAsked(request.headers['if-match'], directory.findNumber(e164) !== undefined),
        onlyCreate: mayOnlyCreate(request.headers['if-none-match']),
      });
      const { webhookUrl } = number;
      const isNewUrl = webhookUrl !== undefined && webhookUrl !== before?.webhookUrl;
      if (!before) reply.header('Location', `/api/numbers/${e164}`);
      return reply
        .code(before ? 200 : 201)
        .header('ETag', etagOf(number.version))
        .send({ ...number, ...(isNewUrl && { webhookSecret: webhookSecret(e164, webhookUrl) }) });
    },
  );

  server.get(
    '/numbers',
    {
      config: { roles: READERS },
      schema: {
        operationId: 'listNumbers',
        summary: 'Lists numbers in their order',
        tags,
        querystring: pageQuery.extend({
          agentId: z.string().min(1).max(120).optional(),
          activity: z
            .enum(['included', 'excluded'])
            .default('excluded')
            .describe('Whether the last call of each is told, and what Twilio was last found to have.'),
        }),
        response: { 200: pageOf(listedNumberSchema) },
      },
    },
    async ({ query: { activity, ...page } }) => {
      const withLastCall = activity === 'included';
      const { items, nextCursor } = await directoryStore.listNumbers({ ...page, withLastCall });
      if (!withLastCall) return { items, nextCursor };
      const told = items.map((number) => {
        const carrier = checks.last(number.number);
        return { ...number, ...(carrier && { carrier }) };
      });
      return { items: told, nextCursor };
    },
  );

  server.get(
    '/numbers/:e164',
    {
      config: { roles: READERS, problems: [404] },
      schema: {
        operationId: 'getNumber',
        summary: 'Shows what answers a number',
        tags,
        params: e164Params,
        response: { 200: numberSchema, 304: noContent },
      },
    },
    async (request, reply) => {
      const number = find(request.params.e164);
      reply.header('ETag', etagOf(number.version));
      if (isKnown(request.headers['if-none-match'], number.version)) return reply.code(304).send();
      return reply.send(number);
    },
  );

  server.delete(
    '/numbers/:e164',
    {
      config: { roles: ADMINS, problems: [404, 412] },
      schema: {
        operationId: 'deleteNumber',
        summary: 'Leaves a number unassigned',
        tags,
        params: e164Params,
        response: { 204: noContent },
      },
    },
    async (request, reply) => {
      const change = { actor: actorOf(request), ifVersion: versionAsked(request.headers['if-match']) };
      await directoryStore.deleteNumber(request.params.e164, change);
      return reply.code(204).send();
    },
  );

  server.post(
    '/numbers/:e164/check',
    {
      config: { roles: ADMINS, problems: [404, 502] },
      schema: {
        operationId: 'checkNumber',
        summary: 'Looks at what Twilio has for the number, and changes nothing',
        description: 'What was found is in the list of numbers (`activity=included`) until this instance ends.',
        tags,
        params: e164Params,
        response: { 200: numberCheckSchema },
      },
    },
    async ({ params: { e164 } }) => {
      find(e164);
      return checks.check(e164);
    },
  );

  server.post(
    '/numbers/:e164/sync',
    {
      config: { roles: ADMINS, problems: [404, 502], hasOptionalBody: true },
      schema: {
        operationId: 'syncNumber',
        summary: 'Points the number at Twilio to this bridge, and shows what that changes',
        tags,
        params: e164Params,
        body: z
          .strictObject({
            dryRun: z.boolean().default(false).describe('Shows what would change and changes nothing.'),
            clearOverride: z
              .boolean()
              .default(false)
              .describe('Takes a trunk or an application away that has the calls of the number.'),
          })
          .nullish(),
        response: { 200: syncSchema },
      },
    },
    async (request) => {
      const { e164 } = request.params;
      find(e164);
      const { dryRun = false, clearOverride = false } = request.body ?? {};
      const result = await checks.sync(e164, { dryRun, clearOverride });
      if (result.applied) {
        const entry = { action: 'number.synced', subject: `number/${e164}`, before: null, after: result.changes };
        await options.audit.keep(entry, actorOf(request));
      }
      return result;
    },
  );
}
