import type { AgentNeeds } from './agent-needs.js';
import { observedSettings } from './aws-client.js';
import type { Check } from './check.js';
import { type Installation, type Known, placeOf } from './installation.js';
import { type OpenService, serviceCheck } from './service-check.js';
import { serviceTrouble } from './service-trouble.js';

/** Each guardrail looks a word over. */
export function guardrailsCheck(installation: Installation, known: Known): Check {
  return serviceCheck({
    name: 'guardrails',
    known,
    named: ({ guardrails }) => guardrails,
    open: () => openGuardrails(installation),
  });
}

async function openGuardrails(installation: Installation): Promise<OpenService<AgentNeeds['guardrails'][number]>> {
  const sdk = await import('@aws-sdk/client-bedrock-runtime');
  const place = placeOf(installation, 'models');
  const { region } = place;
  const { settings, host } = observedSettings(place);
  const client = new sdk.BedrockRuntimeClient(settings);

  return {
    async look({ guardrailId, guardrailVersion }, abortSignal) {
      const name = `${guardrailId} (${guardrailVersion})`;
      try {
        const command = new sdk.ApplyGuardrailCommand({
          guardrailIdentifier: guardrailId,
          guardrailVersion,
          source: 'OUTPUT',
          content: [{ text: { text: 'Hello.' } }],
        });
        await client.send(command, { abortSignal });
        return { state: 'ok', says: `${name} can be applied` };
      } catch (error) {
        return serviceTrouble(error, {
          thing: `the guardrail ${name}`,
          verb: 'apply',
          actions: ['bedrock:ApplyGuardrail'],
          resource: `arn:aws:bedrock:${region}:*:guardrail/${guardrailId}`,
          region,
          absent: 'Correct `guardrail` of the agent (results of its tools cannot be spoken without it), or AWS_REGION.',
          host: host(),
        });
      }
    },

    close: () => client.destroy(),
  };
}
