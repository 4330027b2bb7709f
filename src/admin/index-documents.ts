import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { BridgeError } from '../errors.js';
import { actorOf } from './authentication.js';
import { documentBody, documentParams, documentSchema, indexParams, MAX_DOCUMENT_BYTES } from './index-schemas.js';
import { nameOf } from './indexes.js';
import type { KnowledgeRoutesOptions } from './knowledge-ports.js';
import { noContent, pageOf, pageQuery } from './pages.js';
import { lastProgressHeader, progressResponse, progressStreams } from './progress-streams.js';
import { ADMINS, READERS } from './route-rules.js';

const tags = ['knowledge'];
const LOOK_MS = 1000;

/** Documents that are kept in an index from here. */
export async function indexDocumentRoutes(instance: FastifyInstance, options: KnowledgeRoutesOptions): Promise<void> {
  const { audit, clock } = options;
  const { indexes, documents } = options.knowledge;
  const server = instance.withTypeProvider<ZodTypeProvider>();
  const sendProgress = progressStreams(instance, clock);

  server.post(
    '/indexes/:bucket/:index/documents',
    {
      bodyLimit: MAX_DOCUMENT_BYTES,
      config: { roles: ADMINS, problems: [404, 502] },
      schema: {
        operationId: 'putDocument',
        summary: 'Puts a document into an index, in the background; one with the same id is replaced',
        description:
          'Cut into chunks of about 500 tokens, a fifth of which overlaps. `state` and `…/events` say how far it is; what was ' +
          'there before is found until then. At most 4 MiB as sent.',
        tags,
        params: indexParams,
        body: documentBody,
        response: { 202: documentSchema },
      },
    },
    async (request, reply) => {
      const index = nameOf(request.params);
      const { documentId, content, source, ...input } = request.body;
      await indexes.get(index);
      const document = await documents.put(
        { ...index, documentId: documentId ?? idFrom(input.name) },
        {
          ...input,
          source: source ?? input.name,
          content: 'text' in content ? Buffer.from(content.text) : Buffer.from(content.base64, 'base64'),
        },
      );
      const path = `${request.params.bucket}/${request.params.index}`;
      const { name, mediaType, byteLength } = document;
      const after = { documentId: document.documentId, name, mediaType, byteLength };
      const entry = { action: 'document.put', subject: `index/${path}`, before: null, after };
      await audit.enter(entry, actorOf(request));
      return reply.code(202).header('Location', `/api/indexes/${path}/documents/${document.documentId}`).send(document);
    },
  );

  server.get(
    '/indexes/:bucket/:index/documents',
    {
      config: { roles: READERS },
      schema: {
        operationId: 'listDocuments',
        summary: 'Lists the documents that were put into an index from here, by their ids',
        tags,
        params: indexParams,
        querystring: pageQuery,
        response: { 200: pageOf(documentSchema) },
      },
    },
    async (request) => documents.list(nameOf(request.params), request.query),
  );

  server.get(
    '/indexes/:bucket/:index/documents/:documentId',
    {
      config: { roles: READERS, problems: [404] },
      schema: {
        operationId: 'getDocument',
        summary: 'Shows how far a document is',
        tags,
        params: documentParams,
        response: { 200: documentSchema },
      },
    },
    async (request) => {
      const { documentId } = request.params;
      const document = await documents.find({ ...nameOf(request.params), documentId });
      if (!document) throw new BridgeError('NOT_FOUND', `There is no document ${documentId}.`);
      return document;
    },
  );

  server.get(
    '/indexes/:bucket/:index/documents/:documentId/events',
    {
      config: { roles: READERS, problems: [404], produces: 'text/event-stream' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamDocument',
        summary: 'How a document goes on, as it happens, until it is stored, failed or gone',
        tags,
        params: documentParams,
        headers: lastProgressHeader,
        response: progressResponse,
      },
    },
    async (request, reply) => {
      const { documentId } = request.params;
      const look = () => documents.find({ ...nameOf(request.params), documentId });
      const first = await look();
      if (!first) throw new BridgeError('NOT_FOUND', `There is no document ${documentId}.`);
      const isOver = ({ state }: typeof first) => state === 'stored' || state === 'failed';
      return sendProgress(request, reply, first, { look, isOver, everyMs: LOOK_MS });
    },
  );

  server.delete(
    '/indexes/:bucket/:index/documents/:documentId',
    {
      config: { roles: ADMINS, problems: [404] },
      schema: {
        operationId: 'deleteDocument',
        summary: 'Deletes a document from its index, in the background',
        tags,
        params: documentParams,
        response: { 204: noContent },
      },
    },
    async (request, reply) => {
      const { bucket, index, documentId } = request.params;
      const { name } = await documents.delete({ ...nameOf(request.params), documentId });
      const before = { documentId, name };
      const entry = { action: 'document.deleted', subject: `index/${bucket}/${index}`, before, after: null };
      await audit.enter(entry, actorOf(request));
      return reply.code(204).send();
    },
  );
}

/** The same name is the same document. */
function idFrom(name: string): string {
  return `doc-${createHash('sha256').update(name).digest('hex').slice(0, 24)}`;
}
