import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ROLES } from '../access/actor.js';
import { BridgeError } from '../errors.js';
import { actorOf, credentialOf } from './authentication.js';
import type { AdminRoutesOptions } from './options.js';
import { idParams, momentQuery, noContent, pageOf, pageQuery } from './pages.js';
import { auditSchema, newTokenSchema, sessionSchema, tokenSchema } from './people-schemas.js';
import { ADMINS, EVERYBODY } from './route-rules.js';
import { clearSessionCookie, setSessionCookie } from './session-cookie.js';

const tags = ['people'];
const iso = (ms: number) => new Date(ms).toISOString();

/** Who may use the API, and who has. */
export async function peopleRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { authority, seal, throttle, tokens, audit, publicUrl } = options;
  const server = instance.withTypeProvider<ZodTypeProvider>();

  server.post(
    '/sessions',
    {
      config: { roles: 'anyone' },
      schema: {
        operationId: 'logIn',
        summary: 'Logs a browser in with a token',
        tags,
        body: z.strictObject({ token: z.string().min(1).max(500) }),
        response: { 201: sessionSchema },
      },
    },
    async (request, reply) => {
      const actor = authority.holderOf(request.body.token);
      if (!actor) {
        await throttle.refused(request.ip);
        throw new BridgeError('UNAUTHORIZED', 'This token is not valid.');
      }
      throttle.accepted(request.ip);
      const { value, expiresAtMs } = seal.seal(actor.id);
      setSessionCookie(reply, value, publicUrl);
      return reply.code(201).send({ actor, expiresAt: iso(expiresAtMs) });
    },
  );

  server.get(
    '/sessions/current',
    {
      config: { roles: EVERYBODY },
      schema: { operationId: 'getSession', summary: 'Says who asks', tags, response: { 200: sessionSchema } },
    },
    async (request) => {
      const { actor, expiresAtMs } = credentialOf(request);
      return { actor, expiresAt: expiresAtMs === null ? null : iso(expiresAtMs) };
    },
  );

  server.delete(
    '/sessions/current',
    {
      config: { roles: EVERYBODY },
      schema: { operationId: 'logOut', summary: 'Logs a browser out', tags, response: { 204: noContent } },
    },
    async (_request, reply) => {
      clearSessionCookie(reply, publicUrl);
      return reply.code(204).send();
    },
  );

  server.post(
    '/tokens',
    {
      config: { roles: ADMINS },
      schema: {
        operationId: 'createToken',
        summary: 'Creates a token, which is shown this once',
        tags,
        body: z.strictObject({
          name: z.string().trim().min(1).max(120),
          role: z.enum(ROLES),
          expiresAt: z.iso.datetime({ offset: true }).optional().describe('Left out: never.'),
        }),
        response: { 201: newTokenSchema },
      },
    },
    async (request, reply) => {
      const { token, info } = await tokens.create(request.body, actorOf(request));
      return reply.code(201).send({ token, ...info });
    },
  );

  server.get(
    '/tokens',
    {
      config: { roles: ADMINS },
      schema: {
        operationId: 'listTokens',
        summary: 'Lists tokens, without what they are',
        tags,
        querystring: pageQuery,
        response: { 200: pageOf(tokenSchema) },
      },
    },
    async (request) => tokens.list(request.query),
  );

  server.delete(
    '/tokens/:id',
    {
      config: { roles: ADMINS, problems: [404] },
      schema: {
        operationId: 'revokeToken',
        summary: 'Revokes a token',
        tags,
        params: idParams,
        response: { 204: noContent },
      },
    },
    async (request, reply) => {
      await tokens.revoke(request.params.id, actorOf(request));
      return reply.code(204).send();
    },
  );

  server.get(
    '/audit',
    {
      config: { roles: ADMINS },
      schema: {
        operationId: 'listAudit',
        summary: 'Every change: who, when, before, after; newest first',
        tags,
        querystring: pageQuery.extend({
          // The `+` of a number arrives as a space when it was not encoded.
          subject: z
            .string()
            .min(1)
            .max(200)
            .transform((subject) => subject.replace('/ ', '/+'))
            .optional()
            .describe(
              '`agent/<id>`, `number/<e164>`, `token/<id>`, `call/<callSid>`, `knowledge-base/<id>`, `index/<bucket>/<index>`',
            ),
          actorId: z.string().min(1).max(200).optional(),
          action: z.string().min(1).max(200).optional(),
          from: momentQuery,
          to: momentQuery,
        }),
        response: { 200: pageOf(auditSchema) },
      },
    },
    async (request) => {
      const { limit, cursor, ...filter } = request.query;
      return audit.list(filter, { limit, cursor });
    },
  );
}
