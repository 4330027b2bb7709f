import type { ToolOutcome } from '../call/ports.js';
import type { ToolOf } from '../directory/tool.js';
import { answered, askContext, whileStreaming } from './agent-answer.js';
import { available } from './available.js';
import type { RunContext, ToolInput, ToolPorts } from './ports.js';
import { promptOf } from './question.js';
import { filled } from './template.js';

/** Asks an agent that is deployed on AgentCore, with the tool's payload filled in or the usual one. */
export async function agentcore(
  tool: ToolOf<'agentcore'>,
  ports: ToolPorts,
  input: ToolInput,
  context: RunContext,
): Promise<ToolOutcome> {
  const { agentRuntimeArn, qualifier, auth } = tool;
  const { callSid, caller, called, variables } = context;
  const ask = { ...askContext(context), streams: whileStreaming(context) };
  const { sessionId } = ask;
  const payload = tool.payload
    ? filled(tool.payload, { input, callSid, sessionId, caller, called, variables })
    : usualPayload(promptOf(input), { sessionId, caller, called, callSid });
  return answered(await available(ports.agentRuntimes).ask({ agentRuntimeArn, qualifier, auth }, payload, ask));
}

function usualPayload(prompt: string, call: Readonly<Record<'sessionId' | 'caller' | 'called' | 'callSid', string>>) {
  return { prompt, input: { prompt }, ...call };
}
