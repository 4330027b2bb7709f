import { describe, expect, it } from 'vitest';
import { findTool, known, profileTools } from '../../src/tools/catalog.js';
import type { McpCatalog, McpServer } from '../../src/tools/ports.js';
import { AGENTCORE, agentWith, KNOWLEDGE, MCP } from './rig.js';

const remote = (name: string) => ({
  name,
  remoteName: `remote/${name}`,
  description: `Does ${name}.`,
  inputSchema: { type: 'object', properties: { of: { const: name } } },
});

function catalog(...names: string[]): McpCatalog & { asked: McpServer[] } {
  const asked: McpServer[] = [];
  return {
    asked,
    toolsOf(server) {
      asked.push(server);
      return names.map(remote);
    },
  };
}

describe('what a call knows of a tool before it runs', () => {
  const AGENT = {
    kind: 'bedrock-agent',
    name: 'b',
    description: 'B.',
    agentId: 'AAAAAAAAAA',
    agentAliasId: 'BBBBBBBBBB',
  };
  const aboutOf = (name: string, mcp: McpCatalog | undefined, ...tools: object[]) => {
    const named = findTool(agentWith(...tools), mcp, name);
    return named && known(named);
  };

  it('is nothing of a tool that the agent does not have, whatever servers it has', () => {
    expect(aboutOf('other', catalog('one'), AGENTCORE, MCP)).toBeUndefined();
  });

  it('is the wait sound of its own server', () => {
    const mcp: McpCatalog = { toolsOf: ({ url }) => [remote(url.includes('second') ? 'two' : 'one')] };
    const servers = [
      { ...MCP, waitSound: { afterMs: 300, clip: 'typing' } },
      { ...MCP, url: 'https://second.example.com/mcp', waitSound: false },
    ];

    expect(aboutOf('one', mcp, ...servers)).toMatchObject({ kind: 'mcp', waitSound: { afterMs: 300, clip: 'typing' } });
    expect(aboutOf('TWO', mcp, ...servers)).toMatchObject({ kind: 'mcp', waitSound: false });
  });

  it.each([
    [KNOWLEDGE, true],
    [{ kind: 's3-vectors', name: 'v', description: 'V.', vectorBucketName: 'vectors', indexName: 'index' }, true],
    [{ kind: 'scripted', name: 's', description: 'S.', answers: [{ output: {} }] }, true],
    [AGENTCORE, false],
    [{ ...AGENTCORE, readOnly: true }, true],
    [AGENT, false],
    [{ ...AGENT, readOnly: true }, true],
    [{ kind: 'handoff', name: 'h', description: 'H.', to: '+14155550103' }, false],
  ])('is whether it only looks things up: $kind $readOnly', (tool, isReadOnly) => {
    expect(aboutOf(tool.name, undefined, tool)).toMatchObject({ kind: tool.kind, isReadOnly });
  });

  it('is what an MCP server says of the tool', () => {
    const mcp: McpCatalog = { toolsOf: () => [{ ...remote('one'), isReadOnly: true }, remote('two')] };

    expect(aboutOf('one', mcp, MCP)).toMatchObject({ isReadOnly: true });
    expect(aboutOf('two', mcp, MCP)).toMatchObject({ isReadOnly: false });
  });
});

describe('the tools of a voice profile', () => {
  it('have the schema of their kind where the agent gives none', () => {
    const described = { name: 'x', description: 'X.' };
    const agent = agentWith(
      AGENTCORE,
      { ...described, kind: 'bedrock-agent', name: 'b', agentId: 'AAAAAAAAAA', agentAliasId: 'BBBBBBBBBB' },
      KNOWLEDGE,
      { ...described, kind: 's3-vectors', name: 'v', vectorBucketName: 'vectors', indexName: 'index' },
      { ...described, kind: 'handoff', name: 'h', to: '+14155550103' },
      { ...described, kind: 'sensitive', name: 's' },
      { ...described, kind: 'hang-up', name: 'e' },
    );
    const required = profileTools(agent, undefined).map(({ name, inputSchema }) => [
      name,
      Object.keys(Object(inputSchema.properties)),
      inputSchema.required,
    ]);

    expect(required).toEqual([
      ['orders', ['prompt'], ['prompt']],
      ['b', ['prompt'], ['prompt']],
      ['handbook', ['query'], ['query']],
      ['v', ['query'], ['query']],
      ['h', ['reason'], undefined],
      ['s', ['active'], ['active']],
      ['e', [], undefined],
    ]);
  });

  it('have the schema that the agent gives', () => {
    const inputSchema = { type: 'object', properties: { order: { type: 'string' } } };

    expect(profileTools(agentWith({ ...AGENTCORE, inputSchema }), undefined)).toEqual([
      { name: 'orders', description: 'Orders.', inputSchema },
    ]);
  });

  it('ask for what their payload mentions', () => {
    const payload = { question: '{{input.prompt}}', ref: 'no {{input.order}}', to: '{{input.address.city}}' };
    const [tool] = profileTools(agentWith({ ...AGENTCORE, payload }), undefined);

    expect(tool?.inputSchema).toMatchObject({
      properties: { prompt: { type: 'string' }, order: { type: 'string' }, address: { type: 'object' } },
      required: ['prompt', 'order', 'address'],
    });
  });

  it('contain what MCP servers have, with their descriptions and schemas', () => {
    const mcp = catalog('track', 'refund');
    const tools = profileTools(agentWith({ ...MCP, allow: ['remote/track'] }), mcp);

    expect(tools.map(({ name }) => name)).toEqual(['track', 'refund']);
    expect(tools[0]).toEqual({
      name: 'track',
      description: 'Does track.',
      inputSchema: { type: 'object', properties: { of: { const: 'track' } } },
    });
    expect(mcp.asked).toEqual([{ url: MCP.url, allow: ['remote/track'], auth: { kind: 'none' } }]);
  });

  it('have names that differ in more than case, and no longer than the model takes', () => {
    const long = 'n'.repeat(64);
    const mcp = catalog('ORDERS', 'orders_2', long);
    const agent = agentWith(MCP, AGENTCORE, { ...AGENTCORE, name: long });
    const names = profileTools(agent, mcp).map(({ name }) => name);

    expect(names).toEqual(['orders', long, 'ORDERS_2', 'orders_2_2', `${long.slice(0, 62)}_2`]);
    for (const name of names) expect(findTool(agent, mcp, name)?.name).toBe(name);
  });

  it('are found by the name that the model got, whatever its case', () => {
    const mcp = catalog('orders');
    const agent = agentWith(AGENTCORE, MCP);

    expect(findTool(agent, mcp, 'Orders')).toMatchObject({ name: 'orders', tool: { kind: 'agentcore' } });
    expect(findTool(agent, mcp, 'ORDERS_2')).toMatchObject({ remote: { remoteName: 'remote/orders' } });
    expect(findTool(agent, mcp, 'other')).toBeUndefined();
    expect(findTool(agent, undefined, 'orders_2')).toBeUndefined();
  });
});
