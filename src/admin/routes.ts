import cookie from '@fastify/cookie';
import replyFrom from '@fastify/reply-from';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import { z } from 'zod';
import { agentRoutes } from './agents.js';
import { authenticate } from './authentication.js';
import { callRoutes } from './calls.js';
import { eventRoutes } from './events.js';
import { acceptedTypes, keepableOnly } from './negotiation.js';
import { numberRoutes } from './numbers.js';
import type { AdminRoutesOptions } from './options.js';
import { peopleRoutes } from './people.js';
import { problemDocuments } from './problem.js';
import { routeRules } from './route-rules.js';
import { testCallRoutes } from './test-calls.js';

const OPENAPI_VERSION = '3.1.0';

/** How long another instance may take to answer for a call that it carries, in ms. */
const FORWARD_LIMIT_MS = 15_000;

/** The API for people and programs under `/api`, its document at `/openapi.json`, to be read at `/docs`. */
export async function adminRoutes(server: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  const schemas = { schemaRegistry: z.globalRegistry };
  await server.register(swagger, {
    openapi: {
      openapi: OPENAPI_VERSION,
      info: { title: 'Oratio voice bridge', version: '1', description: 'Numbers, agents, calls.' },
      servers: [{ url: options.publicUrl }],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          cookie: { type: 'apiKey', in: 'cookie', name: 'oratio_session' },
        },
      },
    },
    transform: createJsonSchemaTransform(schemas),
    transformObject: createJsonSchemaTransformObject(schemas),
  });

  await server.register(
    async (api) => {
      await api.register(cookie);
      await api.register(replyFrom, { undici: { headersTimeout: FORWARD_LIMIT_MS, bodyTimeout: FORWARD_LIMIT_MS } });
      problemDocuments(api);
      routeRules(api);
      authenticate(api, {
        authority: options.authority,
        seal: options.seal,
        throttle: options.throttle,
        publicUrl: options.publicUrl,
        now: () => options.clock.now(),
      });
      acceptedTypes(api);
      keepableOnly(api);
      api.addHook('onSend', async (_request, reply) => {
        reply.header('Cache-Control', 'no-store');
      });
      for (const routes of [agentRoutes, numberRoutes, callRoutes, eventRoutes, testCallRoutes, peopleRoutes]) {
        await api.register(routes, options);
      }
    },
    { prefix: '/api' },
  );

  await server.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
  server.get('/openapi.json', { schema: { hide: true } }, async () => server.swagger());
}
