import type { ErrorObject } from 'ajv';
import type { CallFigures, ToolWait } from '../call/figures.js';
import type { ToolFailureWhy, ToolOutcome, ToolRunner } from '../call/ports.js';
import type { AgentVersion } from '../directory/agent.js';
import { isNamed } from '../directory/tool.js';
import { BridgeError } from '../errors.js';
import type { Ids } from '../ids.js';
import { sessionIdOf } from './agent-answer.js';
import { type CatalogTool, catalogOf, findTool, profileTools } from './catalog.js';
import { checkedSchema } from './default-schemas.js';
import { failure } from './failure.js';
import type { McpCatalog, McpServer } from './ports.js';
import type { PrewarmOptions } from './prewarm.js';
import { InputSchemas } from './schema.js';

/** An MCP server whose tools are missing, or are as they were before; `sinceMs`: for how long already. */
export interface ServerProblem extends ToolFailureWhy {
  readonly url: string;
  readonly message: string;
  readonly sinceMs: number;
}

/** A tool as the voice model is given it, and how long it has kept callers waiting; null when it has not run in a call yet. */
export interface GivenTool {
  readonly name: string;
  readonly kind: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly waits: ToolWait | null;
}

/** What is tried, and on whose behalf. */
export interface Trial {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly caller: string;
  readonly variables: Readonly<Record<string, string>>;
}

export interface ToolTrials {
  /**
   * The agent's tools, those of MCP servers as they are known now, and which servers could not be asked. STORE_UNAVAILABLE when
   * nobody knows how long they took.
   */
  toolsOf(agent: AgentVersion): Promise<{ tools: GivenTool[]; problems: ServerProblem[] }>;
  /**
   * Runs a tool once as a call would; what it asks of the call (to hang up, to put the caller through) is told and not
   * done. NOT_FOUND for a tool that the agent does not have, REQUEST_INVALID with `errors` for input that it does not take.
   */
  run(agent: AgentVersion, trial: Trial, signal: AbortSignal): Promise<ToolOutcome>;
}

export interface ToolTrialsOptions {
  readonly belt: ToolRunner;
  readonly mcp: McpCatalog & {
    refresh(server: McpServer, signal?: AbortSignal): Promise<unknown>;
    problemOf(server: McpServer): { readonly error: unknown; readonly sinceMs: number } | undefined;
  };
  readonly figures: Pick<CallFigures, 'toolWaits'>;
  /** Ends what a trial opened. */
  readonly runtimes: Pick<PrewarmOptions['runtimes'], 'stop'>;
  readonly bedrockAgents: PrewarmOptions['bedrockAgents'];
  readonly ids: Ids;
}

/** What stands for the number that was called. */
const NO_NUMBER = 'test';

/** Tools without a call: to see what the model is given, and what comes of it. */
export function toolTrials({ belt, mcp, figures, runtimes, bedrockAgents, ids }: ToolTrialsOptions): ToolTrials {
  const schemas = new InputSchemas();

  /** What was not listed yet is listed now. TOOL_FAILED when a server that may have the tool cannot be asked. */
  const find = async (agent: AgentVersion, name: string, signal: AbortSignal): Promise<CatalogTool> => {
    const known = findTool(agent, mcp, name);
    if (known) return known;
    const servers = agent.tools.filter((tool) => !isNamed(tool));
    const listed = await Promise.allSettled(
      servers.map(({ url, allow, auth }) => mcp.refresh({ url, allow, auth }, signal)),
    );
    const found = findTool(agent, mcp, name);
    if (found) return found;
    const failed = listed.find((each) => each.status === 'rejected');
    throw failed?.reason ?? new BridgeError('NOT_FOUND', `The agent has no tool "${name}".`);
  };

  const endSession = ({ tool }: CatalogTool, callSid: string) => {
    if (tool.kind === 'agentcore') void runtimes.stop(tool, sessionIdOf(callSid));
    if (tool.kind === 'bedrock-agent') void bedrockAgents.end(tool, sessionIdOf(callSid));
  };

  const problemsOf = ({ url, allow, auth }: McpServer): ServerProblem[] => {
    const problem = mcp.problemOf({ url, allow, auth });
    if (!problem) return [];
    const { why = { reason: 'unavailable' }, output } = failure(problem.error);
    return [{ url, ...why, message: String(output.error), sinceMs: Math.round(problem.sinceMs) }];
  };

  return {
    async toolsOf(agent) {
      const given = profileTools(agent, mcp);
      const catalog = catalogOf(agent, mcp);
      const problems = agent.tools.flatMap((tool) => (isNamed(tool) ? [] : problemsOf(tool)));
      const names = catalog.map(({ name }) => name);
      const waits = await figures.toolWaits(agent.id, names);
      const tools = catalog.map(({ name, tool }, index) => ({
        ...given[index]!,
        kind: tool.kind,
        waits: waits.get(name.toLowerCase()) ?? null,
      }));
      return { tools, problems };
    },

    async run(agent, { tool, input, caller, variables }, signal) {
      let named: CatalogTool;
      try {
        named = await find(agent, tool, signal);
      } catch (error) {
        if (error instanceof BridgeError && error.code === 'NOT_FOUND') throw error;
        return failure(error);
      }
      const callSid = ids.uuid();
      const over = new AbortController();
      const outcome = await belt.run(
        { callId: callSid, name: named.name, input },
        { callSid, agent, caller, called: NO_NUMBER, variables, signal, callOver: over.signal },
      );
      over.abort();
      if (outcome.kind !== 'failed' || outcome.code !== 'TOOL_INPUT_INVALID') {
        endSession(named, callSid);
        return outcome;
      }
      const schema = 'remote' in named ? named.remote.inputSchema : checkedSchema(named.tool);
      const problems = schema ? schemas.problems(schema, input) : [];
      const errors = problems.length > 0 ? problems.map(fieldOf) : [{ field: 'input', message: outcome.output.error }];
      throw new BridgeError('REQUEST_INVALID', 'The tool does not take this input.', { errors });
    },
  };
}

function fieldOf({ instancePath, params, message = 'not valid' }: ErrorObject): { field: string; message: string } {
  const { missingProperty, additionalProperty } = params as { missingProperty?: string; additionalProperty?: string };
  const path = ['input', ...instancePath.split('/').slice(1), missingProperty ?? additionalProperty];
  return { field: path.filter((part) => part !== undefined).join('.'), message };
}
