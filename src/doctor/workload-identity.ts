import { observedSettings } from './aws-client.js';
import type { Check, Finding } from './check.js';
import { type Installation, type Known, placeOf } from './installation.js';
import { type OpenService, serviceCheck } from './service-check.js';
import { serviceTrouble } from './service-trouble.js';

const NAME = 'AgentCore Identity';

/** Tools that sign in by AgentCore Identity need a workload identity of the bridge, which is asked for its own token. */
export function workloadIdentityCheck(installation: Installation, known: Known): Check {
  const { agentCoreWorkload } = installation.config;
  const check = serviceCheck({
    name: NAME,
    known,
    named: ({ identityProviders }) => (identityProviders.length > 0 ? [agentCoreWorkload ?? ''] : []),
    open: () => openIdentity(installation),
  });
  return {
    ...check,
    // Most tools sign in otherwise: then there is nothing to say.
    async run(signal) {
      const providers = known.agents?.identityProviders ?? [];
      if (providers.length === 0) return [];
      if (agentCoreWorkload !== undefined) return check.run(signal);
      return {
        state: 'failed',
        says: `tools sign in by AgentCore Identity (${providers.join(', ')}), and the bridge has no workload identity`,
        advice:
          'Set AGENTCORE_WORKLOAD_NAME to the name of a workload identity of AgentCore, or change `auth` of the tools.',
      };
    },
  };
}

async function openIdentity(installation: Installation): Promise<OpenService<string>> {
  const sdk = await import('@aws-sdk/client-bedrock-agentcore');
  const place = placeOf(installation, 'agentCore');
  const { settings, host } = observedSettings(place);
  const client = new sdk.BedrockAgentCoreClient(settings);
  return {
    async look(workloadName, abortSignal): Promise<Finding> {
      try {
        await client.send(new sdk.GetWorkloadAccessTokenCommand({ workloadName }), { abortSignal });
        return { state: 'ok', says: `${workloadName} gets its tokens` };
      } catch (error) {
        return serviceTrouble(error, {
          thing: `the workload identity ${workloadName}`,
          verb: 'get tokens of',
          actions: ['bedrock-agentcore:GetWorkloadAccessToken'],
          resource: `arn:aws:bedrock-agentcore:${place.region}:*:workload-identity-directory/*`,
          region: place.region,
          absent: 'Correct AGENTCORE_WORKLOAD_NAME, or create that workload identity.',
          host: host(),
        });
      }
    },

    close: () => client.destroy(),
  };
}
