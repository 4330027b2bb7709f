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

/** The same for all who ask the same server in the same way: which tools an agent may use makes no other server. */
export function keyOf({ url, auth }: Pick<McpServer, 'url' | 'auth'>): string {
  return JSON.stringify([url, auth]);
}
