import type { KnownTool } from '../call/ports.js';
import type { AgentVersion } from '../directory/agent.js';
import { isNamed, looksUp, type NamedTool, type ToolOf } from '../directory/tool.js';
import { defaultSchema } from './default-schemas.js';
import type { McpCatalog, McpTool } from './ports.js';

/** Longest name of a tool. Source: Nova Sonic user guide, tool configuration. */
const MAX_NAME = 64;

/** A tool by the name that the model knows; one of an MCP server goes with what the server calls it. */
export type CatalogTool =
  | { readonly name: string; readonly tool: NamedTool }
  | { readonly name: string; readonly tool: ToolOf<'mcp'>; readonly remote: McpTool };

/** What the model can call: the agent's own tools, then those of its MCP servers as they are known now. */
export function catalogOf(agent: AgentVersion, mcp: McpCatalog | undefined): CatalogTool[] {
  const taken = new Set<string>();
  const tools: CatalogTool[] = [];
  for (const tool of agent.tools) {
    if (isNamed(tool)) tools.push({ name: unique(tool.name, taken), tool });
  }
  for (const tool of agent.tools) {
    if (isNamed(tool) || !mcp) continue;
    const { url, allow, auth } = tool;
    for (const remote of mcp.toolsOf({ url, allow, auth })) {
      tools.push({ name: unique(remote.name, taken), tool, remote });
    }
  }
  return tools;
}

/** The tool of that name; the first generation of the model sometimes changes the case of a name. */
export function findTool(agent: AgentVersion, mcp: McpCatalog | undefined, name: string): CatalogTool | undefined {
  const tools = catalogOf(agent, mcp);
  return (
    tools.find((each) => each.name === name) ?? tools.find((each) => each.name.toLowerCase() === name.toLowerCase())
  );
}

/** What a call must know of a tool before it runs. */
export function known(named: CatalogTool): KnownTool {
  const { tool } = named;
  return {
    kind: tool.kind,
    waitSound: 'waitSound' in tool ? tool.waitSound : false,
    isReadOnly: isReadOnly(named),
  };
}

/** Whether the tool looks things up and changes nothing: of an MCP server's as the server says. */
export function isReadOnly(named: CatalogTool): boolean {
  return 'remote' in named ? named.remote.isReadOnly === true : looksUp(named.tool);
}

/** What the voice model is told of the agent's tools. Names differ in more than case. */
export function profileTools(
  agent: AgentVersion,
  mcp: McpCatalog | undefined,
): { name: string; description: string; inputSchema: Readonly<Record<string, unknown>> }[] {
  return catalogOf(agent, mcp).map((each) => {
    if ('remote' in each) {
      const { description, inputSchema } = each.remote;
      return { name: each.name, description, inputSchema };
    }
    const { description, inputSchema } = each.tool;
    return { name: each.name, description, inputSchema: inputSchema ?? defaultSchema(each.tool) };
  });
}

/** The name, with a number behind it when another tool has it already. */
function unique(name: string, taken: Set<string>): string {
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `_${number}`;
    const candidate = name.slice(0, MAX_NAME - suffix.length) + suffix;
    if (taken.has(candidate.toLowerCase())) continue;
    taken.add(candidate.toLowerCase());
    return candidate;
  }
}
