import { InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { makeBedrockClient } from '../sonic/bedrock-client.js';

const NOBODY = { accessKeyId: 'none', secretAccessKey: 'none' };

/** Where the SDK would send a request to the model: with its own rules, environment and profiles. Nothing is sent. */
export async function bedrockOrigin(options: { region: string; endpoint?: string }): Promise<string> {
  let origin: string | undefined;
  const client = makeBedrockClient(
    { ...options, credentials: NOBODY },
    {
      requestHandler: {
        metadata: { handlerProtocol: 'h2' },
        handle({ protocol, hostname, port }: { protocol: string; hostname: string; port?: number }) {
          origin = `${protocol}//${hostname}${port ? `:${port}` : ''}`;
          return Promise.reject(new Error('nothing is sent'));
        },
      },
    },
  );
  try {
    await client.send(new InvokeModelCommand({ modelId: 'none', body: '{}' }));
  } catch (error) {
    if (origin === undefined) throw error;
  } finally {
    client.destroy();
  }
  return origin!;
}
