import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { actorOf } from './authentication.js';
import type { KnowledgeRoutesOptions } from './knowledge-ports.js';
import {
  baseParams,
  baseQueryBody,
  knowledgeBaseBody,
  knowledgeBaseSchema,
  knowledgeBaseSummarySchema,
  passagesSchema,
} from './knowledge-schemas.js';
import { noContent, pageOf, pageQuery } from './pages.js';
import { ADMINS, READERS, TESTERS } from './route-rules.js';
import { searchProblem } from './search-problem.js';

const tags = ['knowledge'];

/** Bedrock knowledge bases. */
export async function knowledgeBaseRoutes(instance: FastifyInstance, options: KnowledgeRoutesOptions): Promise<void> {
  const { audit } = options;
  const { bases } = options.knowledge;
  const server = instance.withTypeProvider<ZodTypeProvider>();

  server.post(
    '/knowledge-bases',
    {
      config: { roles: ADMINS, problems: [409, 502] },
      schema: {
        operationId: 'createKnowledgeBase',
        summary: 'Creates a knowledge base on S3 Vectors or OpenSearch Serverless',
        description: 'It is `CREATING` when this is answered, and can be filled once it is `ACTIVE`.',
        tags,
        body: knowledgeBaseBody,
        response: { 202: knowledgeBaseSchema },
      },
    },
    async (request, reply) => {
      const base = await bases.create(request.body);
      const subject = `knowledge-base/${base.id}`;
      const after = { name: base.name, roleArn: base.roleArn, storage: base.storage };
      await audit.keep({ action: 'knowledge-base.created', subject, before: null, after }, actorOf(request));
      return reply.code(202).header('Location', `/api/knowledge-bases/${base.id}`).send(base);
    },
  );

  server.get(
    '/knowledge-bases',
    {
      config: { roles: READERS, problems: [502] },
      schema: {
        operationId: 'listKnowledgeBases',
        summary: 'Lists the knowledge bases of the account',
        tags,
        querystring: pageQuery,
        response: { 200: pageOf(knowledgeBaseSummarySchema) },
      },
    },
    async (request) => bases.list(request.query),
  );

  server.get(
    '/knowledge-bases/:id',
    {
      config: { roles: READERS, problems: [404, 502] },
      schema: {
        operationId: 'getKnowledgeBase',
        summary: 'Shows a knowledge base',
        tags,
        params: baseParams,
        response: { 200: knowledgeBaseSchema },
      },
    },
    async (request) => bases.get(request.params.id),
  );

  server.delete(
    '/knowledge-bases/:id',
    {
      config: { roles: ADMINS, problems: [404, 409, 502] },
      schema: {
        operationId: 'deleteKnowledgeBase',
        summary: 'Begins to delete a knowledge base; where its vectors are, stays',
        tags,
        params: baseParams,
        response: { 204: noContent },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { name } = await bases.get(id);
      await bases.delete(id);
      const subject = `knowledge-base/${id}`;
      await audit.keep({ action: 'knowledge-base.deleted', subject, before: { name }, after: null }, actorOf(request));
      return reply.code(204).send();
    },
  );

  server.post(
    '/knowledge-bases/:id/query',
    {
      config: { roles: TESTERS, problems: [404, 502] },
      schema: {
        operationId: 'queryKnowledgeBase',
        summary: 'Shows what is found for a question, best first',
        tags,
        params: baseParams,
        body: baseQueryBody,
        response: { 200: passagesSchema },
      },
    },
    async (request) => {
      const { text, ...target } = request.body;
      const search = bases.retrieve({ ...target, knowledgeBaseId: request.params.id }, text);
      const passages = await search.catch((error: unknown) => {
        throw searchProblem(error);
      });
      return { passages };
    },
  );
}
