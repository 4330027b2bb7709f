import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { BridgeError } from '../errors.js';
import { actorOf } from './authentication.js';
import {
  documentBody,
  documentParams,
  documentSchema,
  fileQuery,
  indexParams,
  MAX_DOCUMENT_BYTES,
  MAX_FILE_BYTES,
  MEDIA_TYPES,
} from './index-schemas.js';
import { nameOf } from './indexes.js';
import type { KnowledgeRoutesOptions } from './knowledge-ports.js';
import { noContent, pageOf, pageQuery } from './pages.js';
import { lastProgressHeader, progressResponse, progressStreams } from './progress-streams.js';
import { ADMINS, READERS } from './route-rules.js';
import { bytesOf, fileIn, type SentFile, takeFiles } from './sent-files.js';

const tags = ['knowledge'];
const LOOK_MS = 1000;

/** Documents that are kept in an index from here. */
export async function indexDocumentRoutes(instance: FastifyInstance, options: KnowledgeRoutesOptions): Promise<void> {
  const { audit, clock } = options;
  const { indexes, documents } = options.knowledge;
  const server = instance.withTypeProvider<ZodTypeProvider>();
  const sendProgress = progressStreams(instance, clock);
  const arriving = takeFiles(instance, { mediaTypes: MEDIA_TYPES, maxBytes: MAX_FILE_BYTES, clock });
  const files = new WeakMap<FastifyRequest, SentFile>();

  server.post(
    '/indexes/:bucket/:index/documents',
    {
      bodyLimit: MAX_DOCUMENT_BYTES,
      config: { roles: ADMINS, problems: [404, 502], takesFiles: MEDIA_TYPES },
      async preValidation(request) {
        const file = fileIn(request);
        if (file) files.set(request, file);
        // The same rules hold for a file: what is told of it takes the place of the JSON.
        if (file) Object.assign(request, { body: bodyBeside(file, request.query) });
        else requireNothingBeside(request.query);
      },
      schema: {
        operationId: 'putDocument',
        summary: 'Puts a document into an index, in the background; one with the same id is replaced',
        description:
          'Cut into chunks of about 500 tokens, a fifth of which overlaps. `state` and `…/events` say how far it is; what was ' +
          `there before is found until then. As JSON of at most 4 MiB, or as the file itself: at most ${MAX_FILE_BYTES} bytes, ` +
          'with its Content-Length, two at once.',
        tags,
        params: indexParams,
        body: documentBody,
        querystring: fileQuery,
        response: { 202: documentSchema },
      },
    },
    async (request, reply) => {
      const index = nameOf(request.params);
      const { documentId, content, source, ...input } = request.body;
      await indexes.get(index);
      const name = { ...index, documentId: documentId ?? idFrom(input.name) };
      const put = (bytes: Buffer) => documents.put(name, { ...input, source: source ?? input.name, content: bytes });
      const file = files.get(request);
      const document = await (file
        ? arriving(file, async (whole) => put(await bytesOf(whole)))
        : put('text' in content ? Buffer.from(content.text) : Buffer.from(content.base64, 'base64')));
      const path = `${request.params.bucket}/${request.params.index}`;
      const { mediaType, byteLength } = document;
      const after = { documentId: document.documentId, name: document.name, mediaType, byteLength };
      const entry = { action: 'document.put', subject: `index/${path}`, before: null, after };
      await audit.keep(entry, actorOf(request));
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
      await audit.keep(entry, actorOf(request));
      return reply.code(204).send();
    },
  );
}

/** In place of the content, which has not been read. */
const UNREAD = { base64: 'AAAA' };

function bodyBeside({ mediaType }: SentFile, query: unknown): object {
  const told = query as Readonly<Record<string, unknown>>;
  const known = Object.keys(fileQuery.shape).flatMap((key) => (Object.hasOwn(told, key) ? [[key, told[key]]] : []));
  const { metadata, ...others } = Object.fromEntries(known);
  return { ...others, mediaType, content: UNREAD, ...(metadata !== undefined && { metadata: parsed(metadata) }) };
}

/** What is no JSON stays as it is, and is no metadata. */
function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return text;
  }
}

function requireNothingBeside(query: unknown): void {
  const errors = Object.keys(fileQuery.shape)
    .filter((field) => Object.hasOwn(query as object, field))
    .map((field) => ({ field, message: 'belongs into the JSON' }));
  if (errors.length > 0) throw new BridgeError('REQUEST_INVALID', 'Some fields are not valid.', { errors });
}

/** The same name is the same document. */
function idFrom(name: string): string {
  return `doc-${createHash('sha256').update(name).digest('hex').slice(0, 24)}`;
}
