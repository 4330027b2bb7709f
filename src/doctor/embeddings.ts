import type { AgentNeeds } from './agent-needs.js';
import { observedSettings } from './aws-client.js';
import type { Check } from './check.js';
import { type Installation, type Known, placeOf } from './installation.js';
import { type OpenService, serviceCheck } from './service-check.js';
import { serviceTrouble } from './service-trouble.js';

/** What turns questions for S3 Vectors into vectors: one short text each. */
export function embeddingsCheck(installation: Installation, known: Known): Check {
  return serviceCheck({
    name: 'embeddings',
    known,
    named: ({ embeddings }) => embeddings,
    open: () => openModels(installation),
  });
}

async function openModels(installation: Installation): Promise<OpenService<AgentNeeds['embeddings'][number]>> {
  const sdk = await import('@aws-sdk/client-bedrock-runtime');
  const place = placeOf(installation, 'models');
  const { region } = place;
  const { settings, host } = observedSettings(place);
  const client = new sdk.BedrockRuntimeClient(settings);

  return {
    async look({ embeddingModelId, dimensions }, abortSignal) {
      try {
        const command = new sdk.InvokeModelCommand({
          modelId: embeddingModelId,
          contentType: 'application/json',
          accept: 'application/json',
          body: JSON.stringify({ inputText: 'Hello.', dimensions, normalize: true }),
        });
        const { body } = await client.send(command, { abortSignal });
        const count = lengthIn(body.transformToString());
        const says = `${embeddingModelId} makes vectors of ${count ?? 'no'} dimensions`;
        if (count === dimensions) return { state: 'ok', says };
        return {
          state: 'failed',
          says: `${says}, and not of ${dimensions}`,
          advice: 'Use amazon.titan-embed-text-v2:0, or a model that is asked and answers like it.',
        };
      } catch (error) {
        return serviceTrouble(error, {
          thing: embeddingModelId,
          verb: 'use',
          actions: ['bedrock:InvokeModel'],
          resource: embeddingModelId.startsWith('arn:')
            ? embeddingModelId
            : `arn:aws:bedrock:${region}::foundation-model/${embeddingModelId}`,
          region,
          absent: 'Correct `embeddingModelId` of the tool, or AWS_REGION: not every region has every model.',
          host: host(),
        });
      }
    },

    close: () => client.destroy(),
  };
}

function lengthIn(json: string): number | undefined {
  const { embedding } = JSON.parse(json) as { embedding?: unknown };
  return Array.isArray(embedding) ? embedding.length : undefined;
}
