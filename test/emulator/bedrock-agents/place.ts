import { BedrockAgentClient } from '@aws-sdk/client-bedrock-agent';
import {
  BedrockAgentRuntimeClient,
  InvokeAgentCommand,
  type InvokeAgentCommandInput,
  type ResponseStream,
} from '@aws-sdk/client-bedrock-agent-runtime';
import { afterEach } from 'vitest';
import { awsSettings } from '../../../src/aws.js';
import { FakeClock } from '../../../src/clock.js';
import type { AgentAnswer, AgentScript } from '../../../src/emulator/bedrock-agents/script.js';
import { startBedrockAgents } from '../../../src/emulator/bedrock-agents/server.js';

/** A stand-in on a fake clock, with the SDK's clients; all are closed after the test. */
export function bedrockAgentsForTests() {
  const cleanups: (() => void | Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  return async (agents: readonly AgentScript[]) => {
    const clock = new FakeClock();
    const emulator = await startBedrockAgents({ clock, agents });
    cleanups.push(() => emulator.close());
    const { url: endpoint, region, credentials } = emulator;
    const client = new BedrockAgentRuntimeClient(awsSettings({ endpoint, region, credentials }));
    const control = new BedrockAgentClient(awsSettings({ endpoint, region, credentials }));
    cleanups.push(() => {
      client.destroy();
      control.destroy();
    });
    return { clock, emulator, client, control };
  };
}

/** An agent that answers like this, or as the function says. */
export function agent(answer: AgentAnswer | AgentScript['answer'], changes: Partial<AgentScript> = {}): AgentScript {
  const script = { agentId: 'AGENT12345', agentAliasId: 'ALIAS12345', ...changes };
  return { ...script, answer: typeof answer === 'function' ? answer : () => answer };
}

export function invoke(changes: Partial<InvokeAgentCommandInput> = {}) {
  return new InvokeAgentCommand({
    agentId: 'AGENT12345',
    agentAliasId: 'ALIAS12345',
    sessionId: 'call-1',
    inputText: 'hello',
    ...changes,
  });
}

/** Asks, and reads all events. */
export async function eventsOf(client: BedrockAgentRuntimeClient, command = invoke()): Promise<ResponseStream[]> {
  const events: ResponseStream[] = [];
  for await (const event of (await client.send(command)).completion ?? []) events.push(event);
  return events;
}

/** The words of all chunks. */
export function wordsOf(events: readonly ResponseStream[]): string {
  return Buffer.concat(events.map(({ chunk }) => chunk?.bytes ?? new Uint8Array())).toString('utf8');
}
