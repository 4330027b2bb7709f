import { describe, expect, it } from 'vitest';
import { findTool, profileTools } from '../../src/tools/catalog.js';
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
