import type { RuntimeAnswer, RuntimeScript } from '../../emulator/agentcore/script.js';
import type { AgentScript } from '../../emulator/bedrock-agents/script.js';
import type { ScriptedResult, ScriptedTool } from '../../emulator/mcp/contract.js';
import type { Services } from '../fixture/services.js';

type Runtime = Services['runtimes'][string];
type ClassicAgent = Services['bedrockAgents'][string];
type McpServer = Services['mcp'][string];

/** One answer a request, the last one from then on. */
function inOrder<Answer>(answers: readonly Answer[]): () => Answer {
  let next = 0;
  return () => answers[Math.min(next++, answers.length - 1)]!;
}

export function runtimeScript(arn: string, { coldStartMs, answers }: Runtime): RuntimeScript {
  const next = inOrder(answers);
  return {
    arn,
    coldStartMs,
    answer(): RuntimeAnswer {
      const { json, sse, error, ...pace } = next();
      return { ...pace, ...(json !== undefined && { json }), ...(sse && { sse }), ...(error && { error }) };
    },
  };
}

export function agentScript(agentId: string, agentAliasId: string, { answers }: ClassicAgent): AgentScript {
  const next = inOrder(answers);
  return {
    agentId,
    agentAliasId,
    answer() {
      const { chunks, exception, delayMs } = next();
      return { delayMs, ...(chunks && { chunks }), ...(exception && { exception }) };
    },
  };
}

export function mcpTools({ tools }: McpServer): ScriptedTool[] {
  return Object.entries(tools).map(([name, { description = name, inputSchema, answers }]) => {
    const next = inOrder(answers);
    return {
      name,
      description,
      inputSchema,
      answer(): ScriptedResult {
        const { text, structured, error, delayMs } = next();
        const said = error ?? text ?? JSON.stringify(structured);
        return {
          delayMs,
          content: [{ type: 'text', text: said }],
          ...(structured && { structuredContent: structured }),
          ...(error !== undefined && { isError: true }),
        };
      },
    };
  });
}
