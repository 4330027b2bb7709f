import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type AgentVersion, agentInputSchema } from '../directory/agent.js';
import { hideSecrets } from '../directory/tool-secrets.js';
import { BridgeError } from '../errors.js';
import type { Page } from '../page.js';
import { actorOf } from './authentication.js';
import { agentPatchBody, agentSchema } from './directory-schemas.js';
import type { AdminRoutesOptions } from './options.js';
import { idParams, noContent, pageOf, pageQuery } from './pages.js';
import { ADMINS, READERS } from './route-rules.js';
import { etagOf, isKnown, versionAsked } from './versions.js';

const tags = ['agents'];
const versionParams = idParams.extend({ version: z.coerce.number().int().min(1).max(2_147_483_647) });

/** Agents and their versions. */
export async function agentRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { directory, store } = { directory: options.directory, store: options.directoryStore };
  const server = instance.withTypeProvider<ZodTypeProvider>();

  const known = (id: string, agent: AgentVersion | undefined, version?: number): AgentVersion => {
    if (agent) return agent;
    const what = version === undefined ? `agent ${id}` : `version ${version} of agent ${id}`;
    throw new BridgeError('NOT_FOUND', `There is no ${what}.`);
  };

  server.post(
    '/agents',
    {
      config: { roles: ADMINS, brokenRules: ({ body }) => store.brokenRules(body) },
      schema: {
        operationId: 'createAgent',
        summary: 'Creates an agent: its version 1',
        tags,
        body: agentInputSchema,
        response: { 201: agentSchema },
      },
    },
    async (request, reply) => {
      const agent = await store.createAgent(request.body, { actor: actorOf(request) });
      return reply
        .code(201)
        .header('ETag', etagOf(agent.version))
        .header('Location', `/api/agents/${agent.id}`)
        .send(hideSecrets(agent));
    },
  );

  server.get(
    '/agents',
    {
      config: { roles: READERS },
      schema: {
        operationId: 'listAgents',
        summary: 'Lists agents in their latest versions, newest agents first',
        tags,
        querystring: pageQuery,
        response: { 200: pageOf(agentSchema) },
      },
    },
    async (request) => shown(await store.listAgents(request.query)),
  );

  server.get(
    '/agents/:id',
    {
      config: { roles: READERS, problems: [404] },
      schema: {
        operationId: 'getAgent',
        summary: 'Shows the latest version of an agent',
        tags,
        params: idParams,
        response: { 200: agentSchema, 304: noContent },
      },
    },
    async (request, reply) => {
      const agent = known(request.params.id, directory.findAgent(request.params.id));
      reply.header('ETag', etagOf(agent.version));
      if (isKnown(request.headers['if-none-match'], agent.version)) return reply.code(304).send();
      return reply.send(hideSecrets(agent));
    },
  );

  server.patch(
    '/agents/:id',
    {
      config: { roles: ADMINS, problems: [404, 412] },
      schema: {
        operationId: 'patchAgent',
        summary: 'Changes an agent: its next version',
        description: '`If-Match` with the version that was looked at keeps two people from overwriting each other.',
        tags,
        params: idParams,
        body: agentPatchBody,
        response: { 200: agentSchema },
      },
    },
    async (request, reply) => {
      const change = { actor: actorOf(request), ifVersion: versionAsked(request.headers['if-match']) };
      const agent = await store.patchAgent(request.params.id, request.body, change);
      return reply.header('ETag', etagOf(agent.version)).send(hideSecrets(agent));
    },
  );

  server.delete(
    '/agents/:id',
    {
      config: { roles: ADMINS, problems: [404, 409, 412] },
      schema: {
        operationId: 'deleteAgent',
        summary: 'Deletes an agent that no number is answered by',
        tags,
        params: idParams,
        response: { 204: noContent },
      },
    },
    async (request, reply) => {
      const change = { actor: actorOf(request), ifVersion: versionAsked(request.headers['if-match']) };
      await store.deleteAgent(request.params.id, change);
      return reply.code(204).send();
    },
  );

  server.get(
    '/agents/:id/versions',
    {
      config: { roles: READERS, problems: [404] },
      schema: {
        operationId: 'listAgentVersions',
        summary: 'Lists the versions of an agent, newest first',
        tags,
        params: idParams,
        querystring: pageQuery,
        response: { 200: pageOf(agentSchema) },
      },
    },
    async (request) => shown(await store.listVersions(request.params.id, request.query)),
  );

  server.get(
    '/agents/:id/versions/:version',
    {
      config: { roles: READERS, problems: [404] },
      schema: {
        operationId: 'getAgentVersion',
        summary: 'Shows one version of an agent',
        tags,
        params: versionParams,
        response: { 200: agentSchema },
      },
    },
    async (request, reply) => {
      const { id, version } = request.params;
      const found = directory.findAgent(id, version) ?? (await directory.loadAgent(id, version));
      return reply.header('ETag', etagOf(version)).send(hideSecrets(known(id, found, version)));
    },
  );

  server.post(
    '/agents/:id/rollback',
    {
      config: { roles: ADMINS, problems: [404, 412] },
      schema: {
        operationId: 'rollbackAgent',
        summary: 'Makes an earlier version the latest again: as the next version',
        tags,
        params: idParams,
        body: z.strictObject({ version: z.int().min(1).max(2_147_483_647) }),
        response: { 200: agentSchema },
      },
    },
    async (request, reply) => {
      const change = { actor: actorOf(request), ifVersion: versionAsked(request.headers['if-match']) };
      const agent = await store.rollbackAgent(request.params.id, request.body.version, change);
      return reply.header('ETag', etagOf(agent.version)).send(hideSecrets(agent));
    },
  );
}

function shown(page: Page<AgentVersion>): Page<AgentVersion> {
  return { ...page, items: page.items.map(hideSecrets) };
}
