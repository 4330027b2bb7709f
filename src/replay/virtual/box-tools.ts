import type { Box } from '../../blackbox/box.js';
import type { KnownTool } from '../../call/ports.js';
import type { ToolCallRecord } from '../../call/record.js';
import { isNamed, looksUp, type NamedTool, type ToolOf } from '../../directory/tool.js';

/** What the call knew of a tool, as its box shows it: names of tools of MCP servers are known from their runs alone. */
export function boxTools({ head, ticks }: Box): (name: string) => KnownTool | undefined {
  const runs = ticks.flatMap(({ outputs }) =>
    outputs.flatMap((output) => (output.kind === 'fact' && output.fact.kind === 'toolChanged' ? [output.fact] : [])),
  );
  return (name) => {
    const named = head.agent.tools.find((tool) => isNamed(tool) && tool.name.toLowerCase() === name.toLowerCase());
    if (named && isNamed(named)) return knownNamed(named);
    const own = runs.flatMap(({ toolCall }) => (toolCall.name === name ? [toolCall] : []));
    return own[0]?.kind === 'mcp' ? knownOfServer(serverOf(head.agent.tools.filter(isOfServer), name), own) : undefined;
  };
}

function knownNamed(tool: NamedTool): KnownTool {
  return {
    kind: tool.kind,
    waitSound: 'waitSound' in tool ? tool.waitSound : false,
    isReadOnly: looksUp(tool),
  };
}

function knownOfServer(server: ToolOf<'mcp'> | undefined, runs: readonly ToolCallRecord[]): KnownTool {
  return {
    kind: 'mcp',
    waitSound: server?.waitSound ?? false,
    // What acts is not given up.
    isReadOnly: runs.some(({ output }) => output.status === 'superseded'),
  };
}

/** Which server had the tool is not on the tape: the one that names it, else the first. */
function serverOf(servers: readonly ToolOf<'mcp'>[], name: string): ToolOf<'mcp'> | undefined {
  return servers.find(({ allow }) => allow.includes(name)) ?? servers[0];
}

function isOfServer(tool: Box['head']['agent']['tools'][number]): tool is ToolOf<'mcp'> {
  return !isNamed(tool);
}
