import { isObject, jsonObject } from '../aws/json.js';
import { AwsProblem, invalid } from '../aws/problem.js';
import type { AwsAnswer, AwsRequest } from '../aws/server.js';
import { checkConversation, type Message } from './conversation.js';
import { Demands } from './demands.js';
import { countTokens } from './tokens.js';

/** What the model is asked, as it came. */
export interface ConverseRequest {
  readonly modelId: string;
  readonly messages: readonly Message[];
  /** The system prompt's texts, joined. */
  readonly system: string;
  readonly toolNames: readonly string[];
  /** The tool that has to be called, by `toolChoice`. */
  readonly forcedTool?: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What the model is to answer: texts and tool calls, or content of any kind, or a refusal. */
export interface ConverseScript {
  readonly text?: string;
  readonly toolUses?: readonly { readonly name: string; readonly input: unknown; readonly toolUseId?: string }[];
  readonly content?: readonly object[];
  /** Default: `tool_use` with tool calls, else `end_turn`. */
  readonly stopReason?: string;
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
  readonly delayMs?: number;
  readonly error?: { readonly status: number; readonly type: string; readonly message: string };
}

/** Answers the request; `count` is 1 for the first one the stand-in gets. */
export type ConverseScripts = (
  request: ConverseRequest,
  count: number,
) => ConverseScript | undefined | Promise<ConverseScript | undefined>;

const TOOL_NAME = /^[a-zA-Z0-9_-]+$/;

/** Checks what is asked as the service does. Source: Amazon Bedrock API reference, Converse; the service's own messages. */
export function readConverse(modelId: string, { body: bytes }: AwsRequest): ConverseRequest {
  const body = jsonObject(bytes);
  const demands = new Demands();
  const inference = demands.object(body, 'inferenceConfig');
  demands.number(inference, 'inferenceConfig.maxTokens', 1, Number.POSITIVE_INFINITY);
  demands.number(inference, 'inferenceConfig.temperature', 0, 1);
  demands.number(inference, 'inferenceConfig.topP', 0, 1);
  const toolConfig = demands.object(body, 'toolConfig');
  const tools = body.toolConfig === undefined ? [] : demands.list(toolConfig, 'toolConfig.tools', 1, undefined, true);
  const toolNames = tools.flatMap((tool, position) => {
    const path = `toolConfig.tools.${position + 1}.member.toolSpec`;
    if (isObject(tool) && tool.toolSpec === undefined) return [];
    const toolSpec = demands.object(isObject(tool) ? tool : {}, path, true);
    demands.object(toolSpec, `${path}.inputSchema`, true);
    return demands.text(toolSpec, `${path}.name`, { required: true, pattern: TOOL_NAME, min: 1, max: 64 }) ?? [];
  });
  demands.check();
  const repeated = toolNames.find((name, position) => toolNames.indexOf(name) !== position);
  if (repeated !== undefined) throw invalid(`The toolConfig.tools field contains the name ${repeated} twice.`);
  const messages = checkConversation(body.messages ?? [], toolNames.length > 0);
  const forcedTool = forcedToolOf(toolConfig.toolChoice, toolNames);
  const system = demands
    .list(body, 'system')
    .map((block) => (isObject(block) ? String(block.text ?? '') : ''))
    .join('\n');
  return { modelId, messages, system, toolNames, ...(forcedTool !== undefined && { forcedTool }), body };
}

/** What the script says, as the service words it. Throws for a script that no model could follow. */
export function converseAnswer(request: ConverseRequest, script: ConverseScript, latencyMs: number): AwsAnswer {
  if (script.error) throw new AwsProblem(script.error.status, script.error.type, script.error.message);
  const { text, toolUses = [], content = [], usage } = script;
  const stray = toolUses.find(({ name }) => !request.toolNames.includes(name));
  if (stray) throw new Error(`the script calls ${stray.name}, which the request has no tool of`);
  const forced = request.forcedTool;
  if (forced !== undefined && script.stopReason === undefined && !toolUses.some(({ name }) => name === forced)) {
    throw new Error(`the script does not call ${forced}, which the request demands`);
  }
  const blocks = [
    ...(text === undefined ? [] : [{ text }]),
    ...content,
    ...toolUses.map(({ name, input, toolUseId }, position) => ({
      toolUse: { toolUseId: toolUseId ?? `tooluse_${request.messages.length}_${position}`, name, input },
    })),
  ];
  if (blocks.length === 0) throw new Error('the script says nothing');
  const inputTokens = usage?.inputTokens ?? countTokens(JSON.stringify(request.body));
  const outputTokens = usage?.outputTokens ?? countTokens(JSON.stringify(blocks));
  return {
    status: 200,
    body: {
      output: { message: { role: 'assistant', content: blocks } },
      stopReason: script.stopReason ?? (toolUses.length > 0 ? 'tool_use' : 'end_turn'),
      usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
      metrics: { latencyMs },
    },
  };
}

function forcedToolOf(choice: unknown, toolNames: readonly string[]): string | undefined {
  if (!isObject(choice) || !isObject(choice.tool)) return undefined;
  const name = String(choice.tool.name ?? '');
  if (!toolNames.includes(name)) {
    throw invalid(`The tool ${name} of toolConfig.toolChoice is not among the tools of toolConfig.tools.`);
  }
  return name;
}
