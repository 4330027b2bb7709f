import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { actorOf } from './authentication.js';
import { bucketFilter, indexBody, indexParams, indexSchema, indexSummarySchema } from './index-schemas.js';
import type { KnowledgeRoutesOptions } from './knowledge-ports.js';
import { indexQueryBody, passagesSchema } from './knowledge-schemas.js';
import { noContent, pageOf, pageQuery } from './pages.js';
import { ADMINS, READERS, TESTERS } from './route-rules.js';
import { searchProblem } from './search-problem.js';

const tags = ['knowledge'];

/** S3 Vectors indexes that are used without a knowledge base. */
export async function indexRoutes(instance: FastifyInstance, options: KnowledgeRoutesOptions): Promise<void> {
  const { audit } = options;
  const { indexes, documents } = options.knowledge;
  const server = instance.withTypeProvider<ZodTypeProvider>();

  server.post(
    '/indexes',
    {
      config: { roles: ADMINS, problems: [409, 502] },
      schema: {
        operationId: 'createIndex',
        summary: 'Creates an S3 Vectors index, and its bucket when that is missing',
        description: 'Dimensions and distance cannot be changed later.',
        tags,
        body: indexBody,
        response: { 201: indexSchema },
      },
    },
    async (request, reply) => {
      const index = await indexes.create(request.body);
      const path = `${index.vectorBucketName}/${index.indexName}`;
      const after = { dimensions: index.dimensions, distanceMetric: index.distanceMetric };
      const entry = { action: 'index.created', subject: `index/${path}`, before: null, after };
      await audit.keep(entry, actorOf(request));
      return reply.code(201).header('Location', `/api/indexes/${path}`).send(index);
    },
  );

  server.get(
    '/indexes',
    {
      config: { roles: READERS, problems: [404, 502] },
      schema: {
        operationId: 'listIndexes',
        summary: 'Lists the S3 Vectors indexes of the account, or of a bucket; pages may be short',
        tags,
        querystring: pageQuery.extend(bucketFilter),
        response: { 200: pageOf(indexSummarySchema) },
      },
    },
    async (request) => {
      const { bucket, ...page } = request.query;
      return indexes.list({ ...page, vectorBucketName: bucket });
    },
  );

  server.get(
    '/indexes/:bucket/:index',
    {
      config: { roles: READERS, problems: [404, 502] },
      schema: {
        operationId: 'getIndex',
        summary: 'Shows an index',
        tags,
        params: indexParams,
        response: { 200: indexSchema },
      },
    },
    async (request) => indexes.get(nameOf(request.params)),
  );

  server.delete(
    '/indexes/:bucket/:index',
    {
      config: { roles: ADMINS, problems: [404, 502] },
      schema: {
        operationId: 'deleteIndex',
        summary: 'Deletes an index with all that is in it; its bucket stays',
        tags,
        params: indexParams,
        response: { 204: noContent },
      },
    },
    async (request, reply) => {
      const name = nameOf(request.params);
      const { dimensions, distanceMetric } = await indexes.get(name);
      await indexes.delete(name);
      const subject = `index/${name.vectorBucketName}/${name.indexName}`;
      const before = { dimensions, distanceMetric };
      await audit.keep({ action: 'index.deleted', subject, before, after: null }, actorOf(request));
      await documents.forgetIndex(name);
      return reply.code(204).send();
    },
  );

  server.post(
    '/indexes/:bucket/:index/query',
    {
      config: { roles: TESTERS, problems: [404, 502] },
      schema: {
        operationId: 'queryIndex',
        summary: 'Shows what is found for a question, best first',
        tags,
        params: indexParams,
        body: indexQueryBody,
        response: { 200: passagesSchema },
      },
    },
    async (request) => {
      const name = nameOf(request.params);
      const { text, ...target } = request.body;
      const { dimensions } = await indexes.get(name);
      const passages = await indexes.query({ ...target, ...name, dimensions }, text).catch((error: unknown) => {
        throw searchProblem(error);
      });
      return { passages };
    },
  );
}

/** An index as its path names it. */
export function nameOf({ bucket, index }: { bucket: string; index: string }) {
  return { vectorBucketName: bucket, indexName: index };
}
