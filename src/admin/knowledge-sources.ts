import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { BridgeError } from '../errors.js';
import { actorOf } from './authentication.js';
import type { KnowledgeRoutesOptions } from './knowledge-ports.js';
import {
  baseParams,
  ingestionBody,
  ingestionParams,
  ingestionSchema,
  ingestionsFilter,
  sourceBody,
  sourceParams,
  sourceSchema,
} from './knowledge-schemas.js';
import { noContent, pageOf, pageQuery } from './pages.js';
import { lastProgressHeader, progressResponse, progressStreams } from './progress-streams.js';
import { ADMINS, READERS } from './route-rules.js';

const tags = ['knowledge'];

/** Bedrock lets itself be asked a few times a second, by all who look. */
const LOOK_MS = 3000;
const INGESTION_ENDS = ['COMPLETE', 'FAILED', 'STOPPED'];

/** What knowledge bases are filled from, and their filling. */
export async function knowledgeSourceRoutes(instance: FastifyInstance, options: KnowledgeRoutesOptions): Promise<void> {
  const { audit, clock } = options;
  const { sources, ingestions } = options.knowledge;
  const server = instance.withTypeProvider<ZodTypeProvider>();
  const sendProgress = progressStreams(instance, clock);

  server.post(
    '/knowledge-bases/:id/sources',
    {
      config: { roles: ADMINS, problems: [404, 409, 502] },
      schema: {
        operationId: 'createKnowledgeSource',
        summary: 'Adds a bucket, or a part of one, to a knowledge base',
        description: 'Waits for a knowledge base that is being created, up to twenty seconds. Nothing is read yet.',
        tags,
        params: baseParams,
        body: sourceBody,
        response: { 201: sourceSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const source = await sources.create(id, request.body);
      const subject = `knowledge-base/${id}`;
      const after = { sourceId: source.id, bucketArn: source.bucketArn, prefix: source.prefix };
      await audit.keep({ action: 'knowledge-base.source-added', subject, before: null, after }, actorOf(request));
      return reply.code(201).send(source);
    },
  );

  server.get(
    '/knowledge-bases/:id/sources',
    {
      config: { roles: READERS, problems: [404, 502] },
      schema: {
        operationId: 'listKnowledgeSources',
        summary: 'Lists what a knowledge base is filled from, at most ten on a page',
        tags,
        params: baseParams,
        querystring: pageQuery,
        response: { 200: pageOf(sourceSchema) },
      },
    },
    async (request) => sources.list(request.params.id, request.query),
  );

  server.delete(
    '/knowledge-bases/:id/sources/:sourceId',
    {
      config: { roles: ADMINS, problems: [404, 409, 502] },
      schema: {
        operationId: 'deleteKnowledgeSource',
        summary: 'Begins to delete a source, with its vectors if it was made so',
        tags,
        params: sourceParams,
        response: { 204: noContent },
      },
    },
    async (request, reply) => {
      const { id, sourceId } = request.params;
      await sources.delete(id, sourceId);
      const subject = `knowledge-base/${id}`;
      const before = { sourceId };
      await audit.keep({ action: 'knowledge-base.source-deleted', subject, before, after: null }, actorOf(request));
      return reply.code(204).send();
    },
  );

  server.post(
    '/knowledge-bases/:id/ingestions',
    {
      config: { roles: ADMINS, problems: [404, 409, 502] },
      schema: {
        operationId: 'startIngestion',
        summary: 'Reads a source and brings the knowledge base up to date, in the background',
        description: 'One at a time. `…/events` tells how it goes on; its end is entered in the audit trail.',
        tags,
        params: baseParams,
        body: ingestionBody,
        response: { 202: ingestionSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const ingestion = await ingestions.start(id, request.body.sourceId);
      const subject = `knowledge-base/${id}`;
      const after = { ingestionId: ingestion.id };
      await audit.keep({ action: 'knowledge-base.ingestion-started', subject, before: null, after }, actorOf(request));
      await ingestions.follow(id, ingestion.id);
      return reply
        .code(202)
        .header('Location', `/api/knowledge-bases/${id}/ingestions/${ingestion.id}`)
        .send(ingestion);
    },
  );

  server.get(
    '/knowledge-bases/:id/ingestions',
    {
      config: { roles: READERS, problems: [404, 502] },
      schema: {
        operationId: 'listIngestions',
        summary: 'Lists ingestions by source, newest first; pages may be short',
        tags,
        params: baseParams,
        querystring: pageQuery.extend(ingestionsFilter),
        response: { 200: pageOf(ingestionSchema) },
      },
    },
    async (request) => ingestions.list(request.params.id, request.query),
  );

  server.get(
    '/knowledge-bases/:id/ingestions/:ingestionId',
    {
      config: { roles: READERS, problems: [404, 502] },
      schema: {
        operationId: 'getIngestion',
        summary: 'Shows how far an ingestion is',
        tags,
        params: ingestionParams,
        response: { 200: ingestionSchema },
      },
    },
    async (request) => ingestions.find(request.params.id, request.params.ingestionId),
  );

  server.get(
    '/knowledge-bases/:id/ingestions/:ingestionId/events',
    {
      config: { roles: READERS, problems: [404, 502], produces: 'text/event-stream' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamIngestion',
        summary: 'How an ingestion goes on, as it happens, to its end',
        tags,
        params: ingestionParams,
        headers: lastProgressHeader,
        response: progressResponse,
      },
    },
    async (request, reply) => {
      const { id, ingestionId } = request.params;
      const find = () => ingestions.find(id, ingestionId);
      return sendProgress(request, reply, await find(), {
        look: () => find().catch(goneIfNotFound),
        isOver: ({ status }) => INGESTION_ENDS.includes(status),
        everyMs: LOOK_MS,
      });
    },
  );
}

function goneIfNotFound(error: unknown): undefined {
  if (error instanceof BridgeError && error.code === 'NOT_FOUND') return undefined;
  throw error;
}
