import type { ToolContext } from '../../src/call/ports.js';
import { FakeClock } from '../../src/clock.js';
import { agentInputSchema, agentVersion } from '../../src/directory/agent.js';
import { createLog } from '../../src/log.js';
import { ToolBelt } from '../../src/tools/belt.js';
import type { Guard, ToolPorts } from '../../src/tools/ports.js';

export const CALL_SID = `CA${'0'.repeat(32)}`;
export const RUNTIME_ARN = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-AbCdEf1234';

export const AGENTCORE = { kind: 'agentcore', name: 'orders', description: 'Orders.', agentRuntimeArn: RUNTIME_ARN };
export const KNOWLEDGE = {
  kind: 'knowledge-base',
  name: 'handbook',
  description: 'The handbook.',
  knowledgeBaseId: 'KB12345678',
};
export const MCP = { kind: 'mcp', url: 'https://tools.example.com/mcp' };

export function agentWith(...tools: object[]) {
  const input = agentInputSchema.parse({ name: 'A', systemPrompt: 'p', tools });
  return agentVersion(input, { id: 'agent-1', version: 1, createdAt: '', defaultModelId: 'amazon.nova-2-sonic-v1:0' });
}

/** A belt on a clock that stands still, with the lines that it logs. */
export function beltWith(ports: ToolPorts, ...tools: object[]) {
  return guardedBelt(undefined, ports, ...tools);
}

export function guardedBelt(guard: Guard | undefined, ports: ToolPorts, ...tools: object[]) {
  const clock = new FakeClock();
  const abort = new AbortController();
  const agent = agentWith(...tools);
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => lines.push(line) });
  const belt = new ToolBelt({ clock, log, ports, ...(guard && { guardOf: () => guard }) });
  const context: ToolContext = {
    callSid: CALL_SID,
    agent,
    caller: '+14155550101',
    called: '+14155550102',
    variables: { plan: 'gold' },
    signal: abort.signal,
    callOver: abort.signal,
  };
  let callCount = 0;
  const run = (name: string, input: unknown = {}, more: Partial<ToolContext> & { callId?: string } = {}) => {
    const { callId = `tool-use-${callCount++}`, ...rest } = more;
    return belt.run({ callId, name, input: input as Record<string, unknown> }, { ...context, ...rest });
  };
  return { clock, abort, agent, belt, context, lines, run };
}

/** Lets what is already decided happen. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** A promise with its ends. */
export function pending<Value>() {
  let resolve: (value: Value) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
