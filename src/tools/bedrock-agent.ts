import type { ToolOutcome } from '../call/ports.js';
import type { ToolOf } from '../directory/tool.js';
import { answered, askContext } from './agent-answer.js';
import { available } from './available.js';
import type { RunContext, ToolInput, ToolPorts } from './ports.js';
import { promptOf } from './question.js';

/** Asks a classic Bedrock agent; who calls whom goes with it as session attributes. What it wants done, other tools do. */
export async function bedrockAgent(
  { agentId, agentAliasId, trace }: ToolOf<'bedrock-agent'>,
  ports: ToolPorts,
  input: ToolInput,
  context: RunContext,
): Promise<ToolOutcome> {
  const { caller, called, callSid, doWanted } = context;
  const ask = { ...askContext(context), attributes: { caller, called, callSid }, doWanted };
  const target = { agentId, agentAliasId, trace };
  return answered(await available(ports.bedrockAgents).ask(target, promptOf(input), ask));
}
