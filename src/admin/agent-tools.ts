import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ToolOutcome } from '../call/ports.js';
import { recordedRun } from '../call/tool-desk.js';
import type { AgentVersion } from '../directory/agent.js';
import { BridgeError } from '../errors.js';
import { askBody, givenToolsSchema, trialSchema } from './agent-tool-schemas.js';
import { actorOf } from './authentication.js';
import { clientGone } from './client-gone.js';
import type { AdminRoutesOptions } from './options.js';
import { idParams } from './pages.js';
import { READERS, TESTERS } from './route-rules.js';

const tags = ['agents'];
const versionQuery = z.strictObject({ agentVersion: z.coerce.number().int().min(1).max(2_147_483_647).optional() });

/** What an agent can do beyond talking: to look at, and to try without a call. */
export async function agentToolRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { directory, agentTools, audit, clock } = options;
  const server = instance.withTypeProvider<ZodTypeProvider>();

  const agentOf = async (id: string, version: number | undefined): Promise<AgentVersion> => {
    const latest = directory.findAgent(id);
    if (!latest) throw new BridgeError('NOT_FOUND', `There is no agent ${id}.`);
    if (version === undefined) return latest;
    const agent = directory.findAgent(id, version) ?? (await directory.loadAgent(id, version));
    if (!agent) throw new BridgeError('NOT_FOUND', `There is no version ${version} of agent ${id}.`);
    return agent;
  };

  server.get(
    '/agents/:id/tools',
    {
      config: { roles: READERS, problems: [404] },
      schema: {
        operationId: 'listAgentTools',
        summary: 'Lists the tools that the voice model is given',
        description:
          'As they are now on this instance: each tool of an MCP server that has been listed is a tool of its own, and a ' +
          'server that could not be listed is among the problems. Waits are those of the last 200 runs in calls.',
        tags,
        params: idParams,
        querystring: versionQuery,
        response: { 200: givenToolsSchema },
      },
    },
    async (request) => {
      const agent = await agentOf(request.params.id, request.query.agentVersion);
      const { tools, problems } = await agentTools.toolsOf(agent);
      return { items: [...tools], nextCursor: null, problems: [...problems] };
    },
  );

  server.post(
    '/agents/:id/ask',
    {
      config: { roles: TESTERS, problems: [404] },
      schema: {
        operationId: 'askAgentTool',
        summary: 'Runs a tool of an agent once, as a call would',
        description:
          'The tool really runs, within its time limit; the answer says what the voice model would be told. To hang ' +
          'up or to put the caller through is told and not done.',
        tags,
        params: idParams,
        body: askBody,
        response: { 200: trialSchema },
      },
    },
    async (request, reply) => {
      const { agentVersion, from, ...trial } = request.body;
      const agent = await agentOf(request.params.id, agentVersion);
      const startMs = clock.now();
      const outcome = await agentTools.run(agent, { ...trial, caller: from }, clientGone(reply));
      const durationMs = Math.round(clock.now() - startMs);
      const entry = { action: 'agent.asked', subject: `agent/${agent.id}`, before: null };
      const after = { version: agent.version, tool: trial.tool, outcome: outcome.kind };
      await audit.keep({ ...entry, after }, actorOf(request));
      return { ...shown(outcome), durationMs };
    },
  );
}

function shown(outcome: ToolOutcome): Omit<z.output<typeof trialSchema>, 'durationMs'> {
  const { kind, output } = outcome;
  const wanted = 'wanted' in outcome && { wanted: outcome.wanted.map((run) => recordedRun(run)) };
  switch (kind) {
    case 'answer':
      return { outcome: 'answered', output, ...wanted };
    case 'failed':
      return { outcome: kind, output, code: outcome.code, ...(outcome.why && { why: outcome.why }), ...wanted };
    case 'handoff':
      return { outcome: kind, output, to: outcome.to, warm: outcome.warm };
    case 'hang-up':
    case 'sensitive':
      return { outcome: kind, output };
  }
}
