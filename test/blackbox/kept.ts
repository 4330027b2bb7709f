import type { TapedCall } from '../../src/call/tape.js';
import { type AgentInput, agentInputSchema, agentVersion } from '../../src/directory/agent.js';

/** What a call is made with, for its box. */
export function tapedCall(callSid: string, agent: Partial<AgentInput> = {}): TapedCall {
  const input = agentInputSchema.parse({
    name: 'Test',
    systemPrompt: 'Help.',
    audio: { inputRateHz: 8000, outputRateHz: 8000 },
    ...agent,
  });
  return {
    callSid,
    direction: 'inbound',
    number: '+14155550102',
    agent: agentVersion(input, { id: 'agent_1', version: 1, createdAt: '', defaultModelId: 'nova-2' }),
    party: { caller: '+14155550101', called: '+14155550102', variables: {} },
    greeting: input.greeting,
    hasFallback: false,
    mayDial: (to) => to !== '+14155550109',
    earlier: undefined,
  };
}
