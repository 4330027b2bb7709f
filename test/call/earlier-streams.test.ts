import { expect, it } from 'vitest';
import { earlierStreams } from '../../src/call/earlier-streams.js';
import { emptyRecord } from '../../src/call/events.js';
import type { CallRecord } from '../../src/call/record.js';
import { agentInputSchema, agentVersion } from '../../src/directory/agent.js';

const AGENT = agentVersion(agentInputSchema.parse({ name: 'Test', systemPrompt: 'Help.' }), {
  id: 'agent_1',
  version: 1,
  createdAt: '',
  defaultModelId: 'nova-2',
});
const RECORD: CallRecord = {
  ...emptyRecord('CA1', '2026-11-25T12:00:00.000Z'),
  state: 'live',
  turns: [{ role: 'caller', text: 'my order', startMs: 1000, endMs: 4000.4 }],
};

it.each([
  ['line-interrupted', 9000, 5000],
  ['handed-over', 4200, 200],
  // The clock of the other instance was a little ahead.
  ['handed-over', 3900, 0],
  ['nobody-answered', 30_000, 0],
] as const)('a call that comes back (%s) after %i ms was silent for %i of them', (why, elapsedMs, silentMs) => {
  expect(earlierStreams(RECORD, { agent: AGENT, elapsedMs, why })).toEqual({
    turns: RECORD.turns,
    streamCount: 0,
    elapsedMs,
    secretMs: 0,
    silentMs,
  });
});
