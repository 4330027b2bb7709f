import { text } from '../aws/constraint.js';
import { jsonObject, page } from '../aws/json.js';
import { notFound } from '../aws/problem.js';
import type { Route } from '../aws/routes.js';
import type { AgentScript } from './script.js';

const AGENT_ID = { most: 10, pattern: /[0-9a-zA-Z]{10}/ };

/** Agents and aliases as the control plane lists them; all were made when the stand-in was started. Times are ISO 8601. */
export function controlOperations(agents: readonly AgentScript[], startedAtMs: number): Record<string, Route> {
  const startedAt = new Date(startedAtMs).toISOString();
  const summary = ({ agentId, name }: AgentScript) => ({
    agentId,
    agentName: name ?? agentId,
    agentStatus: 'PREPARED',
    updatedAt: startedAt,
    latestAgentVersion: '1',
  });
  return {
    ListAgents: {
      method: 'POST',
      path: '/agents/',
      handle({ body }) {
        const first = agents.filter(
          ({ agentId }, index) => agents.findIndex((one) => one.agentId === agentId) === index,
        );
        const { items, ...rest } = page(first, jsonObject(body), 1000);
        return { status: 200, body: { agentSummaries: items.map(summary), ...rest } };
      },
    },
    ListAgentAliases: {
      method: 'POST',
      path: '/agents/{agentId}/agentaliases/',
      handle({ body }, label) {
        const agentId = text('agentId', label, AGENT_ID);
        const aliases = agents.filter((one) => one.agentId === agentId);
        if (aliases.length === 0) throw notFound(`Agent ${agentId} not found`);
        const { items, ...rest } = page(aliases, jsonObject(body), 1000);
        const agentAliasSummaries = items.map(({ agentAliasId, aliasName }) => ({
          agentAliasId,
          agentAliasName: aliasName ?? agentAliasId,
          agentAliasStatus: 'PREPARED',
          routingConfiguration: [{ agentVersion: agentAliasId === 'TSTALIASID' ? 'DRAFT' : '1' }],
          createdAt: startedAt,
          updatedAt: startedAt,
        }));
        return { status: 200, body: { agentAliasSummaries, ...rest } };
      },
    },
  };
}
