import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { AuditEntry } from '../../src/access/audit.js';
import { indexDocumentRoutes } from '../../src/admin/index-documents.js';
import { indexRoutes } from '../../src/admin/indexes.js';
import { knowledgeBaseRoutes } from '../../src/admin/knowledge-bases.js';
import type { KnowledgeRoutesOptions } from '../../src/admin/knowledge-ports.js';
import { knowledgeSourceRoutes } from '../../src/admin/knowledge-sources.js';
import { problemDocuments } from '../../src/admin/problem.js';
import { routeRules } from '../../src/admin/route-rules.js';
import { sourceDocumentRoutes } from '../../src/admin/source-documents.js';
import { runJobs } from '../../src/jobs/runner.js';
import { knowledgeServices } from '../../src/knowledge-services.js';
import { openDocuments } from '../store/opened-documents.js';
import { startKnowledge } from './rig.js';

/** The routes of knowledge with all behind them: the room, its jobs, a database, stand-ins for AWS. */
export async function startKnowledgeApi(options: Parameters<typeof startKnowledge>[0] = {}) {
  const room = await startKnowledge(options);
  const opened = await openDocuments();
  const { clock, log, jobs: queue, records } = opened;
  const entries: AuditEntry[] = [];

  const enter = async (entry: AuditEntry) => void entries.push(entry);
  const audit = {
    enter,
    keep: enter,
    list: async () => ({ items: [], nextCursor: null }),
  };
  const later = {
    enqueueUntilKept: (kind: string, payload: Readonly<Record<string, unknown>>, key: string) =>
      queue.enqueue(kind, payload, { key }),
    indexGone: records.forgetIndex,
  };
  const services = knowledgeServices({ knowledge: room, records, queue, later, audit });
  const jobs = runJobs({ queue, clock, log, handlers: services.handlers });
  const routesOptions: KnowledgeRoutesOptions = { knowledge: services.ports, audit, clock };

  const routes: RouteOptions[] = [];
  const violations: unknown[] = [];
  const server = Fastify({ bodyLimit: 256 * 1024 }) as unknown as FastifyInstance;
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  await server.register(
    async (api) => {
      problemDocuments(api);
      routeRules(api);
      api.addHook('onRoute', (route) => void routes.push(route));
      api.decorateRequest('credential', null);
      api.addHook('onRequest', async (request) => {
        const actor = { id: 'tok_1', name: 'a test', role: 'admin' } as const;
        request.credential = { actor, expiresAtMs: null, stillHolds: () => true };
      });
      // Whatever is answered is what the document says, and nothing more.
      api.addHook('onSend', async (request, reply, payload) => {
        const responses = request.routeOptions.schema?.response as Record<number, unknown> | undefined;
        const described = responses?.[reply.statusCode];
        if (typeof payload !== 'string' || payload === '' || !(described instanceof z.ZodType)) return;
        const result = described.safeParse(JSON.parse(payload));
        if (!result.success) violations.push({ url: request.url, error: result.error });
      });
      for (const plugin of [
        knowledgeBaseRoutes,
        knowledgeSourceRoutes,
        sourceDocumentRoutes,
        indexRoutes,
        indexDocumentRoutes,
      ]) {
        await api.register(plugin, routesOptions);
      }
    },
    { prefix: '/api' },
  );
  await server.ready();

  return {
    room,
    opened,
    entries,
    routes,
    server,
    async api(method: string, path: string, body?: unknown, mediaType?: string) {
      const response = await server.inject({
        method: method as 'GET',
        url: `/api${path}`,
        ...(body !== undefined && {
          payload: mediaType === undefined ? JSON.stringify(body) : (body as Buffer),
          headers: { 'content-type': mediaType ?? 'application/json' },
        }),
      });
      if (violations.length > 0) throw new Error(`not as documented: ${JSON.stringify(violations)}`);
      return {
        status: response.statusCode,
        headers: response.headers,
        // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
        body: (response.payload === '' ? undefined : JSON.parse(response.payload)) as any,
      };
    },
    /** Events of a stream, once it has ended. */
    async events(path: string, headers: Record<string, string> = {}) {
      const { statusCode: status, payload } = await server.inject({ method: 'GET', url: `/api${path}`, headers });
      const blocks = payload.split('\n\n').filter((block) => block.includes('event: '));
      const events = blocks.map((block) => ({
        kind: /^event: (.*)$/m.exec(block)?.[1] ?? '',
        // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
        data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null') as any,
      }));
      return { status, events };
    },
    async close() {
      await server.close();
      await jobs.stop();
      await opened.close();
      await room.close();
    },
  };
}

export type KnowledgeApi = Awaited<ReturnType<typeof startKnowledgeApi>>;
