import type { ToolWait } from '../call/figures.js';
import type { ToolFailureWhy, ToolOutcome } from '../call/ports.js';
import type { AgentVersion } from '../directory/agent.js';

/** A tool as the voice model is given it, and how long it has kept callers waiting, in ms. */
export interface GivenTool {
  readonly name: string;
  readonly kind: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** Null when it has not run in a call yet. */
  readonly waits: ToolWait | null;
}

/** An MCP server whose tools could not be listed; `sinceMs`: for how long already. */
export interface ServerProblem extends ToolFailureWhy {
  readonly url: string;
  readonly message: string;
  readonly sinceMs: number;
}

/** The tools of agents, outside of calls. */
export interface AgentTools {
  /** What the model is given now, tools of MCP servers as they are known, and which servers could not be asked. */
  toolsOf(
    agent: AgentVersion,
  ): Promise<{ readonly tools: readonly GivenTool[]; readonly problems: readonly ServerProblem[] }>;
  /**
   * Runs a tool once as a call would, without doing what it asks of the call. NOT_FOUND for a tool that the agent does
   * not have, REQUEST_INVALID with `errors` for input that it does not take; everything else is an outcome.
   */
  run(
    agent: AgentVersion,
    trial: {
      readonly tool: string;
      readonly input: Readonly<Record<string, unknown>>;
      readonly caller: string;
      readonly variables: Readonly<Record<string, string>>;
    },
    signal: AbortSignal,
  ): Promise<ToolOutcome>;
}

/** Agents of the AWS account, by the service that has them. What fails does so with a BridgeError. */
export interface DeployedAgents {
  runtimes(signal: AbortSignal): Promise<
    readonly {
      readonly arn: string;
      readonly name: string;
      readonly version: string;
      readonly status: string;
      readonly description?: string;
    }[]
  >;
  bedrockAgents(signal: AbortSignal): Promise<
    readonly {
      readonly agentId: string;
      readonly name: string;
      readonly description?: string;
      readonly aliases: readonly { readonly agentAliasId: string; readonly name: string; readonly status: string }[];
    }[]
  >;
}
