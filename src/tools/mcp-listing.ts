import type { AgentVersion } from '../directory/agent.js';
import type { Directory, DirectoryStore } from '../directory/directory.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import type { Page } from '../page.js';
import type { McpCatalog } from './ports.js';

export interface McpListing {
  /** The same store; the MCP servers of an agent that is saved there are listed in the background. */
  readonly store: DirectoryStore;
  /** Lists the servers of every agent that may answer by now. Never rejects. */
  listAll(): Promise<void>;
  close(): void;
}

export interface McpListingOptions {
  readonly directory: Directory;
  readonly store: DirectoryStore;
  readonly mcp: McpCatalog;
  readonly log: Logger;
}

const PAGE = 200;

/** Lists the tools of MCP servers before the first call, because a call is opened with the tools that are known. */
export function mcpListing({ directory, store, mcp, log }: McpListingOptions): McpListing {
  let isClosed = false;

  const list = ({ tools }: AgentVersion) => {
    for (const { kind, ...server } of tools.filter((tool) => tool.kind === 'mcp')) mcp.toolsOf(server);
  };
  const saved = async (saving: Promise<AgentVersion>): Promise<AgentVersion> => {
    const agent = await saving;
    list(agent);
    return agent;
  };

  return {
    store: {
      ...store,
      createAgent: (...given) => saved(store.createAgent(...given)),
      patchAgent: (...given) => saved(store.patchAgent(...given)),
      rollbackAgent: (...given) => saved(store.rollbackAgent(...given)),
    },

    async listAll() {
      try {
        for await (const agent of pagesOf((page) => store.listAgents(page))) {
          if (isClosed) return;
          list(agent);
        }
        for await (const { agentId, agentVersion, canary } of pagesOf((page) => store.listNumbers(page))) {
          for (const version of [agentVersion, canary?.agentVersion]) {
            const agent = version === undefined ? undefined : directory.findAgent(agentId, version);
            if (isClosed) return;
            if (agent) list(agent);
          }
        }
      } catch (error) {
        if (!isClosed)
          log.warn({ error: messageOf(error) }, 'tools of mcp servers are listed with the first calls only');
      }
    },

    close() {
      isClosed = true;
    },
  };
}

async function* pagesOf<Item>(read: (page: { limit: number; cursor?: string }) => Promise<Page<Item>>) {
  let cursor: string | undefined;
  do {
    const page: Page<Item> = await read({ limit: PAGE, ...(cursor !== undefined && { cursor }) });
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}
