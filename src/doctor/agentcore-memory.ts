import type { AgentNeeds } from './agent-needs.js';
import { observedSettings } from './aws-client.js';
import type { Check } from './check.js';
import { type Installation, type Known, placeOf } from './installation.js';
import { type OpenService, serviceCheck } from './service-check.js';
import { serviceTrouble } from './service-trouble.js';

/** An actor about whom nothing is known. */
const NOBODY = 'oratio-doctor';

/** Each memory is asked about nobody; nothing is written. */
export function agentCoreMemoryCheck(installation: Installation, known: Known): Check {
  return serviceCheck({
    name: 'AgentCore memory',
    known,
    named: ({ memories }) => memories,
    open: () => openMemory(installation),
  });
}

async function openMemory(installation: Installation): Promise<OpenService<AgentNeeds['memories'][number]>> {
  const sdk = await import('@aws-sdk/client-bedrock-agentcore');
  const place = placeOf(installation, 'agentCore');
  const { region } = place;
  const { settings, host } = observedSettings(place);
  const client = new sdk.BedrockAgentCoreClient(settings);

  return {
    async look({ memoryId, namespace }, abortSignal) {
      try {
        const command = new sdk.RetrieveMemoryRecordsCommand({
          memoryId,
          namespace: namespace.replaceAll('{actorId}', NOBODY),
          searchCriteria: { searchQuery: 'Who is this?', topK: 1 },
          maxResults: 1,
        });
        await client.send(command, { abortSignal });
        return { state: 'ok', says: `${memoryId} can be read (writing is not tried)` };
      } catch (error) {
        return serviceTrouble(error, {
          thing: `the memory ${memoryId}`,
          verb: 'read',
          actions: ['bedrock-agentcore:RetrieveMemoryRecords', 'bedrock-agentcore:CreateEvent'],
          resource: `arn:aws:bedrock-agentcore:${region}:*:memory/${memoryId}`,
          region,
          absent: 'Correct `memory.memoryId` of the agent (without it callers are strangers each time), or AWS_REGION.',
          host: host(),
        });
      }
    },

    close: () => client.destroy(),
  };
}
