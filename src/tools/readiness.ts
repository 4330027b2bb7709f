import type { AgentVersion, Tool } from '../directory/agent.js';
import type { ToolAuth, ToolOf } from '../directory/tool.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';

interface Loaded {
  load(): Promise<void>;
}

/** Whom the tools of agents ask. */
export interface LoadedServices {
  readonly runtimes: { load(target: ToolOf<'agentcore'>): Promise<void> };
  readonly bedrockAgents: Loaded;
  readonly knowledgeBases: Loaded;
  readonly vectorIndexes: Loaded;
  readonly mcp: Loaded;
  readonly memory: Loaded;
  readonly guardrails: Loaded;
  readonly log: Logger;
}

/**
 * Loads what an agent's tools, memory and guardrail would have to wait for when they are asked first, and opens their
 * connections. Never rejects: what fails here is logged, and asked for again when it is wanted.
 */
export function loadedTools(services: LoadedServices): (agent: AgentVersion) => Promise<void> {
  const { runtimes, bedrockAgents, knowledgeBases, vectorIndexes, mcp, memory, guardrails, log } = services;
  const loadTool = (tool: Tool) => {
    if (tool.kind === 'agentcore') return runtimes.load(tool);
    if (tool.kind === 'bedrock-agent') return bedrockAgents.load();
    if (tool.kind === 'knowledge-base') return knowledgeBases.load();
    if (tool.kind === 's3-vectors') return vectorIndexes.load();
    if (tool.kind === 'mcp') return mcp.load();
    return Promise.resolve();
  };
  return async ({ id, tools, memory: remembers, guardrail }) => {
    const failed = (what: string) => (error: unknown) =>
      log.warn({ agentId: id, what, reason: messageOf(error) }, 'service was not made ready');
    await Promise.all([
      ...tools.map((tool) => loadTool(tool).catch(failed(tool.kind))),
      remembers && memory.load().catch(failed('memory')),
      guardrail && guardrails.load().catch(failed('guardrail')),
    ]);
  };
}

export interface Tokens {
  authorization(auth: ToolAuth, signal: AbortSignal): Promise<unknown>;
}

/** Gets the tokens that an agent's tools will show, as far as none is kept. Never rejects. */
export function signedIn(options: { tokens: Tokens; log: Logger }): (agent: AgentVersion) => Promise<void> {
  const { tokens, log } = options;
  return async ({ id, tools }) => {
    const getting = tools.map(async (tool) => {
      if (tool.kind !== 'agentcore' && tool.kind !== 'mcp') return;
      const never = new AbortController().signal;
      await tokens.authorization(tool.auth, never).catch((error: unknown) => {
        log.warn({ agentId: id, what: tool.kind, reason: messageOf(error) }, 'tool was not signed in');
      });
    });
    await Promise.all(getting);
  };
}
