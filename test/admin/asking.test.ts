import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentCoreEmulator, startAgentCore } from '../../src/emulator/agentcore/server.js';
import type { McpEmulator } from '../../src/emulator/mcp/contract.js';
import { startMcpServer } from '../../src/emulator/mcp/server.js';
import { type FreshDatabase, freshDatabase } from '../store/postgres.js';
import { type Bridge, startBridge } from '../wire/bridge.js';

const ORDERS = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-AbCdEf0123';
const SESSION = 'x-amzn-bedrock-agentcore-runtime-session-id';

let core: AgentCoreEmulator;
let mcp: McpEmulator;
let database: FreshDatabase;
let bridge: Bridge;
const started: Bridge[] = [];

async function start() {
  const { url: endpoint, region, credentials } = core;
  const bridge = await startBridge({ database, places: { agentCore: { endpoint, region, credentials } } });
  started.push(bridge);
  return bridge;
}

beforeAll(async () => {
  core = await startAgentCore({
    runtimes: [{ arn: ORDERS, answer: (payload) => ({ json: { response: `heard ${JSON.stringify(payload)}` } }) }],
  });
  mcp = await startMcpServer({
    tools: [
      {
        name: 'stock.count',
        description: 'Counts.',
        inputSchema: { type: 'object', properties: { shelf: { type: 'string' } }, required: ['shelf'] },
        answer: ({ shelf }) => ({ structuredContent: { shelf, count: 7 } }),
      },
    ],
  });
  database = await freshDatabase();
  bridge = await start();
});
afterAll(async () => {
  for (const each of started) await each.close();
  await database.drop();
  await mcp.close();
  await core.close();
});

describe('a bridge with agents that have tools', () => {
  const isList = ({ rpc }: { rpc: string | undefined }) => rpc === 'tools/list';
  let agentId: string;

  it('lists their MCP servers when an agent is saved, before any call', async () => {
    const tools = [
      { kind: 'agentcore', name: 'orders', description: 'Orders.', agentRuntimeArn: ORDERS },
      { kind: 'mcp', url: mcp.url },
    ];
    const { status, body } = await bridge.api('POST', '/agents', { name: 'Shop', systemPrompt: 'You help.', tools });
    agentId = body.id;

    expect(status).toBe(201);
    await mcp.arrived(isList);
  });

  it('tries tools over the wire, and leaves no session of an agent behind', async () => {
    const trial = { tool: 'orders', input: { prompt: 'Where is 12345?' } };
    const both = core.nextRequest().then(async (invoked) => [invoked, await core.nextRequest()]);
    const { body } = await bridge.api('POST', `/agents/${agentId}/ask`, trial);
    const [invoked, stopped] = await both;

    expect(body).toMatchObject({
      outcome: 'answered',
      output: { answer: expect.stringContaining('Where is 12345?') },
    });
    expect([invoked?.operation, stopped?.operation]).toEqual(['InvokeAgentRuntime', 'StopRuntimeSession']);
    expect(stopped?.headers[SESSION]).toBe(invoked?.headers[SESSION]);
    expect(String(invoked?.headers[SESSION]).length).toBeGreaterThanOrEqual(33);
  });

  it('gives the model the tools of the server under names that it takes', async () => {
    const counted = await bridge.api('POST', `/agents/${agentId}/ask`, { tool: 'stock.count', input: { shelf: 'A' } });
    const { items } = (await bridge.api('GET', `/agents/${agentId}/tools`)).body;
    const [{ name }] = items.filter(({ kind }: { kind: string }) => kind === 'mcp');
    const again = await bridge.api('POST', `/agents/${agentId}/ask`, { tool: name, input: { shelf: 'A' } });

    expect(counted.status).toBe(404);
    expect(name).toMatch(/^stock_count_[0-9a-f]{6}$/);
    expect(again.body).toMatchObject({ outcome: 'answered', output: { shelf: 'A', count: 7 } });
  });

  it('lists the servers again when it starts', async () => {
    await start();

    await mcp.arrived(isList);
  });
});
