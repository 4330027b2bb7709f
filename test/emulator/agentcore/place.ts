import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore';
import { BedrockAgentCoreControlClient } from '@aws-sdk/client-bedrock-agentcore-control';
import { afterEach } from 'vitest';
import { awsSettings } from '../../../src/aws.js';
import { FakeClock } from '../../../src/clock.js';
import { type OauthOptions, startOauth } from '../../../src/emulator/agentcore/oauth.js';
import type { RuntimeScript } from '../../../src/emulator/agentcore/script.js';
import { type AgentCoreOptions, startAgentCore } from '../../../src/emulator/agentcore/server.js';
import type { AwsServer } from '../../../src/emulator/aws/server.js';

export const ARN = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-Ab12Cd34Ef';
export const SESSION = `CA${'0'.repeat(32)}`;

/** A stand-in on a fake clock, with the SDK's clients; both are closed after the test. */
export function agentCoreForTests() {
  const cleanups: (() => void | Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  return {
    async start(options: AgentCoreOptions = {}) {
      const clock = new FakeClock();
      const emulator = await startAgentCore({ clock, ...options });
      cleanups.push(() => emulator.close());
      const settings = settingsOf(emulator);
      const client = new BedrockAgentCoreClient(settings);
      const control = new BedrockAgentCoreControlClient(settings);
      cleanups.push(() => {
        client.destroy();
        control.destroy();
      });
      return { clock, emulator, client, control };
    },
    async startOauth(options: OauthOptions) {
      const oauth = await startOauth(options);
      cleanups.push(() => oauth.close());
      return oauth;
    },
  };
}

/** A runtime that answers with what it was asked and where. */
export function echo(changes: Partial<RuntimeScript> = {}): RuntimeScript {
  return { arn: ARN, answer: (payload, { id, count }) => ({ json: { payload, id, count } }), ...changes };
}

function settingsOf({ url: endpoint, region, credentials }: AwsServer) {
  return awsSettings({ endpoint, region, credentials });
}
