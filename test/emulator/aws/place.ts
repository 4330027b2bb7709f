import {
  BedrockAgentRuntimeClient,
  type BedrockAgentRuntimeClientConfig,
  InvokeAgentCommand,
  RetrieveCommand,
} from '@aws-sdk/client-bedrock-agent-runtime';
import { afterEach } from 'vitest';
import { awsSettings } from '../../../src/aws.js';
import { eventFrame } from '../../../src/emulator/aws/event-stream.js';
import { type AwsServer, type AwsServerOptions, startAwsServer } from '../../../src/emulator/aws/server.js';

export type Protocol = 'HTTP/1.1' | 'HTTP/2';

export const retrieve = new RetrieveCommand({ knowledgeBaseId: 'KB12345678', retrievalQuery: { text: 'größe' } });
export const invoke = new InvokeAgentCommand({ agentId: 'AGENT12345', agentAliasId: 'ALIAS12345', sessionId: 'one' });
export const EVENT_STREAM = { 'content-type': 'application/vnd.amazon.eventstream' };

/** An event of an agent's answer. */
export const chunk = (text: string) => eventFrame('chunk', { bytes: Buffer.from(text).toString('base64') });

/** Servers and SDK clients; all are closed after the test. */
export function awsForTests() {
  const cleanups: (() => void | Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  return {
    async start(handle: AwsServerOptions['handle'], options: Partial<AwsServerOptions> = {}): Promise<AwsServer> {
      const server = await startAwsServer({ service: 'bedrock', handle, ...options });
      cleanups.push(() => server.close());
      return server;
    },
    /** The SDK's own choice is HTTP/2 for this service. */
    client(server: AwsServer, protocol: Protocol, config: BedrockAgentRuntimeClientConfig = {}) {
      const { url: endpoint, region, credentials } = server;
      const place = { endpoint, region, credentials };
      const made = new BedrockAgentRuntimeClient({
        ...(protocol === 'HTTP/1.1' ? awsSettings(place) : place),
        ...config,
      });
      cleanups.push(() => made.destroy());
      return made;
    },
  };
}

/** What a client of the SDK heard of a streamed answer. */
export async function heard(from: BedrockAgentRuntimeClient): Promise<string[]> {
  const pieces: string[] = [];
  for await (const event of (await from.send(invoke)).completion ?? []) {
    pieces.push(Buffer.from(event.chunk?.bytes ?? []).toString());
  }
  return pieces;
}
