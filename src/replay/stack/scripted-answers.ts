import type { RuntimeAnswer, RuntimeScript } from '../../emulator/agentcore/script.js';
import type { AgentScript, ControlInput } from '../../emulator/bedrock-agents/script.js';
import type { ScriptedResult, ScriptedTool } from '../../emulator/mcp/contract.js';
import type { Services } from '../fixture/services.js';

type Runtime = Services['runtimes'][string];
type ClassicAgent = Services['bedrockAgents'][string];
type WantedFunction = NonNullable<ClassicAgent['answers'][number]['wants']>[number];
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
      const { chunks, exception, wants, delayMs } = next();
      const returnControl = wants && { invocationInputs: wants.map(wantedFunction) };
      return {
        delayMs,
        ...(chunks && { chunks }),
        ...(exception && { exception }),
        ...(returnControl && { returnControl }),
      };
    },
  };
}

/** Source: Amazon Bedrock, FunctionParameter: values are strings, whatever their type. */
function wantedFunction({ name, input }: WantedFunction): ControlInput {
  const parameters = Object.entries(input).map(([parameter, value]) => ({
    name: parameter,
    type: Array.isArray(value) ? 'array' : typeof value,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }));
  return { functionInvocationInput: { actionGroup: 'functions', function: name, parameters } };
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
