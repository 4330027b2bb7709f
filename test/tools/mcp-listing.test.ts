import { describe, expect, it } from 'vitest';
import type { AgentVersion } from '../../src/directory/agent.js';
import { createLog } from '../../src/log.js';
import { mcpListing } from '../../src/tools/mcp-listing.js';
import type { McpServer } from '../../src/tools/ports.js';
import { agentWith, KNOWLEDGE } from './rig.js';

const server = (name: string) => ({ kind: 'mcp', url: `https://${name}.example.com/mcp`, allow: ['search'] });
const agentOf = (...names: string[]) => agentWith(KNOWLEDGE, ...names.map(server));

/** A directory with these agents, and what the listing keeps listed. */
function listing(...first: AgentVersion[]) {
  const kept: McpServer[][] = [];
  const followers = new Set<() => void>();
  let agents: readonly AgentVersion[] = first;
  const directory = {
    answering: () => agents,
    follow(changed: () => void) {
      followers.add(changed);
      return () => void followers.delete(changed);
    },
  };
  const mcp = { keepListed: (servers: readonly McpServer[]) => kept.push([...servers]) };
  return {
    close: mcpListing({ directory, mcp, log: createLog('silent') }),
    kept,
    followers,
    names: () => kept.at(-1)?.map(({ url }) => new URL(url).hostname.split('.')[0]),
    become(...next: AgentVersion[]) {
      agents = next;
      for (const changed of followers) changed();
    },
  };
}

describe('the MCP servers of agents', () => {
  it('are kept listed from the start, as the agents name them', async () => {
    const { kept } = listing(agentOf('shop'), agentOf(), agentOf('stock'));

    expect(kept).toEqual([
      [
        { url: 'https://shop.example.com/mcp', allow: ['search'], auth: { kind: 'none' } },
        { url: 'https://stock.example.com/mcp', allow: ['search'], auth: { kind: 'none' } },
      ],
    ]);
  });

  it('are those of the agents as they are now, whoever changed them', async () => {
    const { become, names } = listing(agentOf('shop'));

    become(agentOf('shop'), agentOf('stock'));
    expect(names()).toEqual(['shop', 'stock']);
    become(agentOf('stock'));
    expect(names()).toEqual(['stock']);
  });

  it('are followed no more once the bridge ends', async () => {
    const { close, followers } = listing(agentOf('shop'));
    close();

    expect(followers.size).toBe(0);
  });
});
