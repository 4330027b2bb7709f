import cookie from '@fastify/cookie';
import type { FastifyInstance } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { agentToolRoutes } from './agent-tools.js';
import { agentRoutes } from './agents.js';
import { authenticate } from './authentication.js';
import { callRoutes } from './calls.js';
import { creatorRoutes } from './creator.js';
import { eventRoutes } from './events.js';
import { fixtureRoutes } from './fixtures.js';
import { forwarding } from './forwarding.js';
import { indexDocumentRoutes } from './index-documents.js';
import { indexRoutes } from './indexes.js';
import { knowledgeBaseRoutes } from './knowledge-bases.js';
import { knowledgeSourceRoutes } from './knowledge-sources.js';
import { listenRoutes } from './listen.js';
import { liveCallRoutes } from './live-calls.js';
import { acceptedTypes, keepableOnly } from './negotiation.js';
import { numberRoutes } from './numbers.js';
import { openApi } from './openapi.js';
import type { AdminRoutesOptions } from './options.js';
import { outboundCallRoutes } from './outbound-calls.js';
import { overviewRoutes } from './overview.js';
import { peaksRoutes } from './peaks.js';
import { peopleRoutes } from './people.js';
import { problemDocuments } from './problem.js';
import { routeRules } from './route-rules.js';
import { runtimeRoutes } from './runtimes.js';
import { sourceDocumentRoutes } from './source-documents.js';
import { testCallRoutes } from './test-calls.js';
import { webhookDeliveryRoutes } from './webhook-deliveries.js';

const ROUTES = [
  agentRoutes,
  agentToolRoutes,
  runtimeRoutes,
  knowledgeBaseRoutes,
  knowledgeSourceRoutes,
  indexRoutes,
  creatorRoutes,
  numberRoutes,
  callRoutes,
  overviewRoutes,
  peaksRoutes,
  fixtureRoutes,
  liveCallRoutes,
  listenRoutes,
  outboundCallRoutes,
  eventRoutes,
  testCallRoutes,
  webhookDeliveryRoutes,
  peopleRoutes,
];
/** Those that take files: each of other media types, which no other route takes. */
const FILE_ROUTES = [sourceDocumentRoutes, indexDocumentRoutes];

/** The API for people and programs under `/api`, its document at `/openapi.json`, to be read at `/docs`. */
export async function adminRoutes(server: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  server.setValidatorCompiler(validatorCompiler);
  // Answers are what the routes' types say: checking each again would cost time between audio frames.
  server.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  await openApi(server);

  await server.register(
    async (api) => {
      await api.register(cookie);
      problemDocuments(api);
      jsonOnly(api);
      api.addHook('onRequest', async (_request, reply) => {
        reply.header('Cache-Control', 'no-store');
      });
      authenticate(api, {
        authority: options.authority,
        seal: options.seal,
        throttle: options.throttle,
        publicUrl: options.publicUrl,
        now: () => options.clock.now(),
      });
      acceptedTypes(api);
      keepableOnly(api);
      routeRules(api);
      // Whoever waits for being refused is not waited for.
      api.addHook('preClose', async () => options.throttle.close());
      await forwarding(api);
      // A scope of its own only where one is needed: each takes time at the start.
      for (const routes of ROUTES) await routes(api, options);
      for (const routes of FILE_ROUTES) await api.register(routes, options);
    },
    { prefix: '/api' },
  );
}

/** Forms, which any page may send, are not even read. */
function jsonOnly(api: FastifyInstance): void {
  const parse = api.getDefaultJsonParser('error', 'error');
  api.removeAllContentTypeParsers();
  api.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    // Programs announce JSON also where they send nothing; whether something is needed the route's schema says.
    if (body === '') done(null, undefined);
    else void parse(request, body, done);
  });
}
