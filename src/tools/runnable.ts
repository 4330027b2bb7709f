import type { Clock } from '../clock.js';
import type { NamedTool } from '../directory/tool.js';
import { agentcore } from './agentcore.js';
import { bedrockAgent } from './bedrock-agent.js';
import { type CatalogTool, isReadOnly } from './catalog.js';
import { checkedSchema } from './default-schemas.js';
import { handoff } from './handoff.js';
import { hangUp } from './hang-up.js';
import { knowledgeBase } from './knowledge-base.js';
import { mcp } from './mcp.js';
import type { Runnable, ToolPorts } from './ports.js';
import { s3Vectors } from './s3-vectors.js';
import { scripted } from './scripted.js';
import { sensitive } from './sensitive.js';

/** The tool with what the belt must know of it: whom it asks, whether it may ask twice, how it runs. */
export function runnable(named: CatalogTool, ports: ToolPorts, clock: Clock): Runnable {
  if (!('remote' in named)) {
    const { name, kind, timeoutMs } = named.tool;
    return {
      name,
      kind,
      timeoutMs,
      inputSchema: checkedSchema(named.tool),
      isReadOnly: isReadOnly(named),
      ...ofKind(named.tool, ports, clock),
    };
  }
  const { name, tool, remote } = named;
  return {
    name,
    kind: tool.kind,
    timeoutMs: tool.timeoutMs,
    inputSchema: remote.inputSchema,
    target: `mcp ${tool.url}`,
    isReadOnly: isReadOnly(named),
    run: (input, context) => mcp(tool, remote.remoteName, ports, input, context),
  };
}

function ofKind(tool: NamedTool, ports: ToolPorts, clock: Clock): Pick<Runnable, 'target' | 'run'> {
  switch (tool.kind) {
    case 'agentcore':
      return {
        target: `agentcore ${tool.agentRuntimeArn} ${tool.qualifier}`,
        run: (input, context) => agentcore(tool, ports, input, context),
      };
    case 'bedrock-agent':
      return {
        target: `bedrock-agent ${tool.agentId}/${tool.agentAliasId}`,
        run: (input, context) => bedrockAgent(tool, ports, input, context),
      };
    case 'knowledge-base':
      return {
        target: `knowledge-base ${tool.knowledgeBaseId}`,
        run: (input, context) => knowledgeBase(tool, ports, input, context),
      };
    case 's3-vectors':
      return {
        target: `s3-vectors ${tool.vectorBucketName}/${tool.indexName}`,
        run: (input, context) => s3Vectors(tool, ports, input, context),
      };
    case 'handoff':
      return { run: async (input) => handoff(tool, input) };
    case 'hang-up':
      return { run: async () => hangUp() };
    case 'scripted':
      return { run: (_input, context) => scripted(tool, clock, context) };
    case 'sensitive':
      return { run: async (input) => sensitive(tool, input) };
  }
}
