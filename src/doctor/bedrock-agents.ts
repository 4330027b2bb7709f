import type { AgentNeeds } from './agent-needs.js';
import { observedSettings } from './aws-client.js';
import { asAwsError } from './aws-trouble.js';
import type { Check } from './check.js';
import { type Installation, type Known, placeOf } from './installation.js';
import { type OpenService, serviceCheck } from './service-check.js';
import { serviceTrouble } from './service-trouble.js';

/** A session of each Bedrock agent, closed without a question. */
export function bedrockAgentsCheck(installation: Installation, known: Known): Check {
  return serviceCheck({
    name: 'Bedrock agents',
    known,
    named: ({ bedrockAgents }) => bedrockAgents,
    open: () => openAgents(installation),
  });
}

async function openAgents(installation: Installation): Promise<OpenService<AgentNeeds['bedrockAgents'][number]>> {
  const [sdk, control] = await Promise.all([
    import('@aws-sdk/client-bedrock-agent-runtime'),
    import('@aws-sdk/client-bedrock-agent'),
  ]);
  const place = placeOf(installation, 'agents');
  const { region } = place;
  const asking = observedSettings(place);
  const listing = observedSettings(place);
  const client = new sdk.BedrockAgentRuntimeClient(asking.settings);
  const lister = new control.BedrockAgentClient(listing.settings);

  return {
    async list(abortSignal) {
      try {
        const { agentSummaries = [] } = await lister.send(new control.ListAgentsCommand({ maxResults: 1 }), {
          abortSignal,
        });
        const agentId = agentSummaries[0]?.agentId;
        if (agentId !== undefined) {
          await lister.send(new control.ListAgentAliasesCommand({ agentId, maxResults: 1 }), { abortSignal });
        }
        return { state: 'ok', says: 'agents and their aliases can be listed' };
      } catch (error) {
        return serviceTrouble(error, {
          thing: 'Bedrock agents',
          verb: 'list',
          actions: ['bedrock:ListAgents', 'bedrock:ListAgentAliases'],
          resource: '*',
          region,
          absent: 'Check AWS_REGION.',
          host: listing.host(),
        });
      }
    },

    async look({ agentId, agentAliasId }, abortSignal) {
      const name = `${agentId}/${agentAliasId}`;
      const sessionId = `oratio-doctor-${installation.ids.uuid()}`;
      try {
        const command = new sdk.InvokeAgentCommand({ agentId, agentAliasId, sessionId, endSession: true });
        const { completion } = await client.send(command, { abortSignal });
        for await (const _event of completion ?? []) {
          // What it says is of no interest.
        }
      } catch (error) {
        // Whoever is told that a question is missing was let in.
        if (!/^Validation/.test(asAwsError(error).name)) {
          return serviceTrouble(error, {
            thing: `the Bedrock agent ${name}`,
            verb: 'ask',
            actions: ['bedrock:InvokeAgent'],
            resource: `arn:aws:bedrock:${region}:*:agent-alias/${name}`,
            region,
            absent:
              'Correct `agentId` and `agentAliasId` of the tool (GET /api/runtimes lists what is there), or AWS_REGION: the bridge asks agents of its own region only.',
            host: asking.host(),
          });
        }
      }
      return { state: 'ok', says: `${name} can be asked` };
    },

    close() {
      client.destroy();
      lister.destroy();
    },
  };
}
