import type { ToolContext, ToolOutcome } from '../call/ports.js';
import type { ToolAuth } from '../directory/tool.js';

/** What an agent or a server is asked with. */
export interface AskContext {
  /** The same throughout a call, so that the agent remembers; at least 33 characters. */
  readonly sessionId: string;
  readonly signal: AbortSignal;
  readonly trace?: Readonly<Record<string, string>>;
}

export interface AgentAnswer {
  readonly text: string;
  readonly citations?: readonly { readonly source: string | null; readonly text: string }[];
  /** What the model must know besides, in words: what was left out, what the agent wants done. */
  readonly notes: readonly string[];
}

/** Agents deployed on AgentCore. */
export interface AgentRuntimes {
  ask(
    target: { agentRuntimeArn: string; qualifier: string; auth: ToolAuth },
    payload: unknown,
    context: AskContext,
  ): Promise<AgentAnswer>;
}

/** Classic Bedrock agents. */
export interface BedrockAgents {
  ask(
    target: { agentId: string; agentAliasId: string },
    prompt: string,
    context: AskContext & { attributes: Readonly<Record<string, string>> },
  ): Promise<AgentAnswer>;
}

/** A piece of a document. */
export interface Passage {
  readonly text: string;
  readonly source: string | null;
  /** 0 to 1, higher is better. */
  readonly score: number;
}

export interface KnowledgeBases {
  retrieve(
    target: {
      knowledgeBaseId: string;
      numberOfResults: number;
      filter: object;
      searchType: 'SEMANTIC' | 'HYBRID';
      rerankingConfiguration?: { modelArn: string; numberOfRerankedResults?: number | undefined } | undefined;
    },
    text: string,
    signal: AbortSignal,
  ): Promise<readonly Passage[]>;
}

export interface VectorIndexes {
  query(
    target: {
      vectorBucketName: string;
      indexName: string;
      topK: number;
      embeddingModelId: string;
      dimensions: 256 | 512 | 1024;
      filter: object;
      textKey: string;
    },
    text: string,
    signal: AbortSignal,
  ): Promise<readonly Passage[]>;
}

export interface McpServer {
  readonly url: string;
  readonly allow: readonly string[];
  readonly auth: ToolAuth;
}

export interface McpTool {
  /** As the voice model takes it, unique within the server. */
  readonly name: string;
  readonly remoteName: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

/** The tools of MCP servers, as known now: nothing is asked for. */
export interface McpCatalog {
  toolsOf(server: McpServer): readonly McpTool[];
}

export interface McpServers extends McpCatalog {
  call(
    server: McpServer,
    remoteName: string,
    input: object,
    context: { signal: AbortSignal; trace?: Readonly<Record<string, string>> },
  ): Promise<{ output: Readonly<Record<string, unknown>>; isError: boolean }>;
}

/** Whom the kinds of tools ask. A kind whose port is missing fails, in words. */
export interface ToolPorts {
  readonly agentRuntimes?: AgentRuntimes;
  readonly bedrockAgents?: BedrockAgents;
  readonly knowledgeBases?: KnowledgeBases;
  readonly vectorIndexes?: VectorIndexes;
  readonly mcp?: McpServers;
}

/** Looks a result over before the model sees it; `text` is what may be said, or the words to say when it is blocked. */
export type Guard = (text: string, signal: AbortSignal) => Promise<{ text: string; blocked: boolean }>;

/** How long a tool has kept callers waiting lately, in ms. */
export interface ToolWait {
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface ToolWaits {
  /** Over the last 200 runs; undefined when the tool has not run yet. The name's case does not matter. */
  waitOf(agentId: string, toolName: string): ToolWait | undefined;
}

export type ToolInput = Readonly<Record<string, unknown>>;

/** What one run of a tool knows of its call; `signal` aborts when the call or the time budget is over. */
export interface RunContext extends ToolContext {
  /** Earlier runs of the same tool in the same call. */
  readonly callCount: number;
}

/** A tool of an agent, ready to run. */
export interface Runnable {
  readonly name: string;
  readonly kind: string;
  readonly timeoutMs: number;
  /** What the input must be like before anything is sent; undefined: any object will do. */
  readonly inputSchema: Readonly<Record<string, unknown>> | undefined;
  /** What breaks as one, for all agents that use it; undefined: nothing outside is asked. */
  readonly target?: string;
  /** Whether running it twice does no more than running it once. */
  readonly isReadOnly: boolean;
  /** Comes to an outcome or throws. */
  run(input: ToolInput, context: RunContext): Promise<ToolOutcome>;
}
