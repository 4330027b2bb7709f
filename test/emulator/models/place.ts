import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { onTestFinished } from 'vitest';
import { FakeClock } from '../../../src/clock.js';
import { type ModelsOptions, startModels } from '../../../src/emulator/models/server.js';
import { TITAN_EMBED_V2 } from '../../../src/emulator/models/titan.js';
import { countingIds } from '../../../src/ids.js';

/** The stand-in and the real SDK on it, with its own way of connecting: HTTP/2. */
export async function connect(options: ModelsOptions = {}) {
  const clock = new FakeClock();
  const server = await startModels({ clock, ids: countingIds(), ...options });
  const { url, region, credentials } = server;
  const client = new BedrockRuntimeClient({ endpoint: url, region, credentials, maxAttempts: 1 });
  onTestFinished(async () => {
    client.destroy();
    await server.close();
  });
  const invoke = async (body: unknown, modelId = TITAN_EMBED_V2) => {
    const answer = await client.send(
      new InvokeModelCommand({
        modelId,
        contentType: 'application/json',
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    );
    return JSON.parse(answer.body.transformToString()) as {
      embedding: number[];
      embeddingsByType: Record<string, number[]>;
      inputTextTokenCount: number;
    };
  };
  return { server, client, clock, invoke };
}

export const invalid = (message: string) => ({
  name: 'ValidationException',
  message,
  $metadata: { httpStatusCode: 400 },
});
