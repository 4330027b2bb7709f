import { spokenNames } from './tool-names.js';

/** A tool of a server as the voice model is told about it. */
export interface McpTool {
  /** As the voice model takes it: `[a-zA-Z0-9_-]{1,64}`, unique within the server. */
  readonly name: string;
  /** As the server calls it. */
  readonly remoteName: string;
  readonly description: string;
  /** A JSON Schema of an object. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** The server says that it changes nothing. Source: MCP, tool annotations, `readOnlyHint`. */
  readonly isReadOnly?: true;
}

const MAX_DESCRIPTION_LENGTH = 4000;

/**
 * The tools of a server's list, in its order. What has no name, and what can only be run as a long task, is left out;
 * of two tools with the same name the first counts.
 */
export function listedTools(listed: readonly unknown[]): readonly McpTool[] {
  const tools = new Map<string, Readonly<Record<string, unknown>>>();
  for (const tool of listed) {
    if (!isObject(tool) || typeof tool.name !== 'string' || tool.name === '' || tools.has(tool.name)) continue;
    if (isObject(tool.execution) && tool.execution.taskSupport === 'required') continue;
    tools.set(tool.name, tool);
  }
  const names = spokenNames([...tools.keys()]);
  return [...tools].map(([remoteName, tool]) => ({
    name: names.get(remoteName) ?? remoteName,
    remoteName,
    description: descriptionOf(tool, remoteName),
    inputSchema: schemaOf(tool.inputSchema),
    ...(isObject(tool.annotations) && tool.annotations.readOnlyHint === true && { isReadOnly: true }),
  }));
}

/** The tools that an agent may use, by the server's names; all of them when none is named. */
export function allowedTools(tools: readonly McpTool[], allow: readonly string[]): readonly McpTool[] {
  return allow.length === 0 ? tools : tools.filter(({ remoteName }) => allow.includes(remoteName));
}

/** The model needs some words: the title or the name where there is no description. */
function descriptionOf(tool: Readonly<Record<string, unknown>>, name: string): string {
  const { title } = isObject(tool.annotations) ? tool.annotations : {};
  const words = [tool.description, tool.title, title].find((each) => typeof each === 'string' && each.trim() !== '');
  return typeof words === 'string' ? cut(words.trim()) : name;
}

function cut(text: string): string {
  if (text.length <= MAX_DESCRIPTION_LENGTH) return text;
  // A character of two halves is not cut in the middle.
  return text.slice(0, MAX_DESCRIPTION_LENGTH).replace(/[\uD800-\uDBFF]$/, '');
}

function schemaOf(schema: unknown): Readonly<Record<string, unknown>> {
  if (isObject(schema) && schema.type === 'object') return schema;
  if (isObject(schema) && schema.type === undefined) return { ...schema, type: 'object' };
  return { type: 'object', properties: {} };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
