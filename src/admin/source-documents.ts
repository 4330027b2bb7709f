import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { BridgeError } from '../errors.js';
import { actorOf } from './authentication.js';
import type { KnowledgeRoutesOptions } from './knowledge-ports.js';
import { sourceParams } from './knowledge-schemas.js';
import { noContent, pageOf, pageQuery } from './pages.js';
import { ADMINS, READERS } from './route-rules.js';
import { fileIn, takeFiles } from './sent-files.js';
import {
  knownDocumentSchema,
  MAX_SOURCE_FILE_BYTES,
  SOURCE_FILES,
  sourceDocumentSchema,
  sourceFileQuery,
  sourceObjectQuery,
} from './source-document-schemas.js';

const tags = ['knowledge'];
const PATH = '/knowledge-bases/:id/sources/:sourceId/documents';
const MEDIA_TYPES = Object.values(SOURCE_FILES);

/** Documents in the buckets that knowledge bases are filled from. */
export async function sourceDocumentRoutes(instance: FastifyInstance, options: KnowledgeRoutesOptions): Promise<void> {
  const { audit, clock } = options;
  const { sources, sourceDocuments } = options.knowledge;
  const server = instance.withTypeProvider<ZodTypeProvider>();
  const arriving = takeFiles(instance, { mediaTypes: MEDIA_TYPES, maxBytes: MAX_SOURCE_FILE_BYTES, clock });

  server.post(
    PATH,
    {
      config: { roles: ADMINS, problems: [404, 409, 502], takesFiles: MEDIA_TYPES },
      schema: {
        operationId: 'putSourceDocument',
        summary: "Puts a document into a source's bucket, under its prefix; one with the same name is replaced",
        description:
          `The body is the file, with its Content-Length: at most ${MAX_SOURCE_FILE_BYTES} bytes, two at once. It is found ` +
          'when the source has been ingested after it. The bridge needs the right `s3:PutObject` on the bucket.',
        tags,
        params: sourceParams,
        querystring: sourceFileQuery,
        response: { 201: sourceDocumentSchema },
      },
    },
    async (request, reply) => {
      const { id, sourceId } = request.params;
      const { name, metadata } = request.query;
      const file = fileIn(request);
      if (!file) {
        const httpStatus = 415;
        throw new BridgeError('REQUEST_INVALID', `The body is the file, as ${MEDIA_TYPES.join(', ')}.`, { httpStatus });
      }
      const { mediaType } = file;
      const ending = name.split('.').at(-1)!.toLowerCase();
      if (SOURCE_FILES[ending] !== mediaType) {
        throw new BridgeError('REQUEST_INVALID', `ends with .${ending}, but is sent as ${mediaType}`, {
          field: 'name',
        });
      }
      const put = await arriving(file, (whole) =>
        sourceDocuments.put(id, sourceId, { name, metadata, mediaType, ...whole }),
      );
      const after = { sourceId, uri: put.uri, byteLength: put.byteLength, ...(metadata && { metadata }) };
      const subject = `knowledge-base/${id}`;
      await audit.keep({ action: 'knowledge-base.document-put', subject, before: null, after }, actorOf(request));
      return reply.code(201).send(put);
    },
  );

  server.get(
    PATH,
    {
      config: { roles: READERS, problems: [404, 409, 502] },
      schema: {
        operationId: 'listSourceDocuments',
        summary: "Lists what is in a source's bucket under its prefix, by name; pages may be short",
        description:
          'Also what has not been ingested yet, and `.metadata.json` files. The bridge needs the right `s3:ListBucket` on the bucket.',
        tags,
        params: sourceParams,
        querystring: pageQuery,
        response: { 200: pageOf(sourceDocumentSchema) },
      },
    },
    async (request) => sourceDocuments.list(request.params.id, request.params.sourceId, request.query),
  );

  server.get(
    '/knowledge-bases/:id/sources/:sourceId/known-documents',
    {
      config: { roles: READERS, problems: [404, 502] },
      schema: {
        operationId: 'listKnownDocuments',
        summary: 'Lists the documents of a source that Bedrock knows, with what has become of them',
        description:
          'Those of its ingestions so far: not what has been put into its bucket since. The bridge needs the right ' +
          '`bedrock:ListKnowledgeBaseDocuments`.',
        tags,
        params: sourceParams,
        querystring: pageQuery,
        response: { 200: pageOf(knownDocumentSchema) },
      },
    },
    async (request) => sources.documents(request.params.id, request.params.sourceId, request.query),
  );

  server.delete(
    PATH,
    {
      config: { roles: ADMINS, problems: [404, 409, 502] },
      schema: {
        operationId: 'deleteSourceDocument',
        summary: "Deletes a document from a source's bucket, and its `.metadata.json`",
        description: 'It is found until the source is ingested again. The bridge needs the right `s3:DeleteObject`.',
        tags,
        params: sourceParams,
        querystring: sourceObjectQuery,
        response: { 204: noContent },
      },
    },
    async (request, reply) => {
      const { id, sourceId } = request.params;
      const { name } = request.query;
      await sourceDocuments.delete(id, sourceId, name);
      const subject = `knowledge-base/${id}`;
      const before = { sourceId, name };
      await audit.keep({ action: 'knowledge-base.document-deleted', subject, before, after: null }, actorOf(request));
      return reply.code(204).send();
    },
  );
}
