import type { ToolContext, ToolOutcome } from '../call/ports.js';
import type { ToolAuth } from '../directory/tool.js';

/** What an agent or a server is asked with. */
export interface AskContext {
  /** The same throughout a call, so that the agent remembers; at least 33 characters. */
  readonly sessionId: string;
  readonly signal: AbortSignal;
  readonly trace?: Readonly<Record<string, string>>;
  /** Told once, as soon as an answer streams in, how to read what the agent has said so far; undefined: no words yet. */
  readonly streams?: (soFar: () => string | undefined) => void;
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

/** What a classic agent wants done before it goes on. */
export interface WantedAction {
  readonly name: string;
  readonly input: ToolInput;
  /** Only if the caller agrees, who has not been asked. */
  readonly wantsConsent: boolean;
}

/** Does all of it, in that order, or nothing: undefined. */
export type DoWanted = (
  actions: readonly WantedAction[],
) => Promise<readonly { readonly isDone: boolean; readonly output: Readonly<Record<string, unknown>> }[] | undefined>;

/** Classic Bedrock agents. */
export interface BedrockAgents {
  ask(
    target: { agentId: string; agentAliasId: string; trace: boolean },
    prompt: string,
    context: AskContext & { attributes: Readonly<Record<string, string>>; doWanted: DoWanted },
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
  /** The server says that it changes nothing. */
  readonly isReadOnly?: true;
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

export type ToolInput = Readonly<Record<string, unknown>>;

/** What one run of a tool knows of its call; `signal` aborts when the call or the time budget is over. */
export interface RunContext extends ToolContext {
  /** Earlier runs of the same tool in the same call. */
  readonly callCount: number;
  /** Takes what there is of an outcome while it is still coming: for when the time is over. */
  readonly partly: (soFar: () => ToolOutcome | undefined) => void;
  /** Runs other tools of the agent that only answer: for whoever is asked and wants something done. */
  readonly doWanted: DoWanted;
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
