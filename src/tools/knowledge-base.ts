import type { ToolOutcome } from '../call/ports.js';
import type { ToolOf } from '../directory/tool.js';
import { available } from './available.js';
import { searched } from './passages.js';
import type { RunContext, ToolInput, ToolPorts } from './ports.js';

/** Looks passages up in a Bedrock knowledge base. */
export function knowledgeBase(
  tool: ToolOf<'knowledge-base'>,
  ports: ToolPorts,
  input: ToolInput,
  { signal }: RunContext,
): Promise<ToolOutcome> {
  return searched(input, (question) => available(ports.knowledgeBases).retrieve(tool, question, signal));
}
