import { describe, expect, it } from 'vitest';
import type { Directory, DirectoryStore } from '../../src/directory/directory.js';
import type { PhoneNumber } from '../../src/directory/number.js';
import { createLog } from '../../src/log.js';
import type { PageRequest } from '../../src/page.js';
import { mcpListing } from '../../src/tools/mcp-listing.js';
import type { McpServer } from '../../src/tools/ports.js';
import { agentWith } from './rig.js';

const server = (name: string) => ({ kind: 'mcp', url: `https://${name}.example.com/mcp`, allow: ['search'] });
const agentOf = (...names: string[]) => agentWith(...names.map(server));

/** A store with these agents and numbers, in pages of one. */
function listing(
  agents: readonly ReturnType<typeof agentWith>[],
  more: { numbers?: readonly object[]; named?: Record<number, ReturnType<typeof agentWith>>; isAway?: boolean } = {},
) {
  const { numbers = [], named = {}, isAway = false } = more;
  const asked: McpServer[] = [];
  const lines: string[] = [];
  const pages =
    <Item>(items: readonly Item[]) =>
    async ({ cursor = '0' }: PageRequest) => {
      if (isAway) throw new Error('the store is away');
      const at = Number(cursor);
      return { items: items.slice(at, at + 1), nextCursor: at + 1 < items.length ? String(at + 1) : null };
    };
  const unused = async () => {
    throw new Error('not asked for here');
  };
  const store: DirectoryStore = {
    createAgent: async () => agents[0]!,
    patchAgent: async () => agents[0]!,
    rollbackAgent: async () => agents[0]!,
    deleteAgent: unused,
    listAgents: pages(agents),
    listVersions: unused,
    putNumber: unused,
    deleteNumber: unused,
    listNumbers: pages(numbers as readonly PhoneNumber[]),
  };
  const directory: Directory = {
    findNumber: () => undefined,
    findAgent: (_id, version = 0) => named[version],
    loadAgent: unused,
  };
  const log = createLog('info', { write: (line) => lines.push(line) });
  const mcp = {
    toolsOf(each: McpServer) {
      asked.push(each);
      return [];
    },
  };
  return { ...mcpListing({ directory, store, mcp, log }), asked, lines, urls: () => asked.map(({ url }) => url) };
}

const CHANGE = { actor: { id: 'x', name: 'x', role: 'admin' } } as const;

describe('the MCP servers of agents', () => {
  it.each(['createAgent', 'patchAgent', 'rollbackAgent'] as const)('are listed after %s', async (change) => {
    const agent = agentOf('shop', 'stock');
    const { store, asked } = listing([agent]);
    const changes = {
      createAgent: () => store.createAgent(agent, CHANGE),
      patchAgent: () => store.patchAgent('agent-1', {}, CHANGE),
      rollbackAgent: () => store.rollbackAgent('agent-1', 1, CHANGE),
    };

    expect(await changes[change]()).toBe(agent);
    expect(asked).toMatchObject([
      { url: 'https://shop.example.com/mcp', allow: ['search'], auth: { kind: 'none' } },
      { url: 'https://stock.example.com/mcp' },
    ]);
  });

  it('are listed when the bridge starts: of latest versions and of those that numbers name', async () => {
    const { listAll, urls } = listing([agentOf('shop'), agentOf(), agentOf('stock')], {
      numbers: [
        { agentId: 'agent-1' },
        { agentId: 'agent-1', agentVersion: 1, canary: { agentVersion: 2, percent: 5 } },
      ],
      named: { 1: agentOf('pinned'), 2: agentOf('canary') },
    });
    await listAll();

    expect(urls()).toEqual(['shop', 'stock', 'pinned', 'canary'].map((name) => `https://${name}.example.com/mcp`));
  });

  it('wait for the first call when the store is away', async () => {
    const { listAll, lines } = listing([agentOf('shop')], { isAway: true });
    await listAll();

    expect(lines.join('')).toContain('the store is away');
  });

  it('are listed no more once the bridge ends', async () => {
    const { listAll, close, urls, lines } = listing([agentOf('shop'), agentOf('stock')], {});
    const all = listAll();
    close();
    await all;

    expect([urls(), lines]).toEqual([[], []]);
  });
});
