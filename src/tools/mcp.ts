import type { ToolOutcome } from '../call/ports.js';
import type { ToolOf } from '../directory/tool.js';
import { available } from './available.js';
import type { RunContext, ToolInput, ToolPorts } from './ports.js';

/** Beside what a tool calls its error. */
export const ERROR_ADVICE = 'Tell the caller what went wrong, and ask for what would help.';

/** Calls one tool of an MCP server. What the tool itself calls an error is an answer that the model can speak about. */
export async function mcp(
  { url, allow, auth }: ToolOf<'mcp'>,
  remoteName: string,
  ports: ToolPorts,
  input: ToolInput,
  { signal, trace }: RunContext,
): Promise<ToolOutcome> {
  const server = { url, allow, auth };
  const { output, isError } = await available(ports.mcp).call(server, remoteName, input, {
    signal,
    ...(trace && { trace }),
  });
  if (isError) {
    const told = { ...output, advice: ERROR_ADVICE };
    return { kind: 'failed', code: 'TOOL_FAILED', output: told, why: { reason: 'agent-error' } };
  }
  return { kind: 'answer', output };
}
