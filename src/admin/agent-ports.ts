import type { ToolOutcome } from '../call/ports.js';
import type { AgentVersion } from '../directory/agent.js';

/** A tool as the voice model is given it, and how long it has kept callers waiting, in ms. */
export interface GivenTool {
  readonly name: string;
  readonly kind: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** Null when it has not run yet. */
  readonly waits: { readonly count: number; readonly p50Ms: number; readonly p95Ms: number } | null;
}

/** The tools of agents, outside of calls. */
export interface AgentTools {
  /** What the model is given now; tools of MCP servers as they are known. */
  toolsOf(agent: AgentVersion): readonly GivenTool[];
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
