import type { ToolAuth } from '../directory/tool.js';

/** An MCP server as an agent's tool names it. */
export interface McpServer {
  readonly url: string;
  /** The tools that the agent may use, by the server's names; empty for all. */
  readonly allow: readonly string[];
  readonly auth: ToolAuth;
}

/**
 * The `authorization` header for a server, undefined when it needs none. `refused` is the header that the server has
 * just answered with 401; it must not be given again.
 */
export type Authorization = (server: McpServer, signal: AbortSignal, refused?: string) => Promise<string | undefined>;
