import type { DirectoryFeed } from '../directory/directory.js';
import type { Logger } from '../log.js';
import type { McpServer } from './ports.js';

export interface McpListingOptions {
  readonly directory: DirectoryFeed;
  readonly mcp: { keepListed(servers: readonly McpServer[]): void };
  readonly log: Logger;
}

/**
 * Keeps the tools of the MCP servers of every agent that may answer listed, also of agents that other instances save: a call
 * is opened with the tools that are known. Answers how to stop.
 */
export function mcpListing({ directory, mcp, log }: McpListingOptions): () => void {
  let serverCount = 0;

  const list = () => {
    const tools = directory.answering().flatMap((agent) => agent.tools);
    const servers = tools.flatMap((tool) => (tool.kind === 'mcp' ? [serverOf(tool)] : []));
    mcp.keepListed(servers);
    if (servers.length !== serverCount) log.debug({ serverCount: servers.length }, 'tools of mcp servers are listed');
    serverCount = servers.length;
  };

  const stop = directory.follow(list);
  list();
  return stop;
}

function serverOf({ url, allow, auth }: McpServer): McpServer {
  return { url, allow, auth };
}
