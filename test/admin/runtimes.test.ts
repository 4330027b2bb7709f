import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DeployedAgents } from '../../src/admin/agent-ports.js';
import { agentRuntimes } from '../../src/agents/agent-runtimes.js';
import { bedrockAgents } from '../../src/agents/bedrock-agents.js';
import { FakeClock, realClock } from '../../src/clock.js';
import { type AgentCoreEmulator, startAgentCore } from '../../src/emulator/agentcore/server.js';
import { type BedrockAgentsEmulator, startBedrockAgents } from '../../src/emulator/bedrock-agents/server.js';
import { BridgeError } from '../../src/errors.js';
import { createLog } from '../../src/log.js';
import { type Api, startApi } from './rig.js';

const ORDERS = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-AbCdEf0123';
const STOCK = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/stock-AbCdEf0123';

const clock = new FakeClock();
let api: Api;
let deployed: DeployedAgents;
beforeAll(async () => {
  const deployedAgents: DeployedAgents = {
    runtimes: (signal) => deployed.runtimes(signal),
    bedrockAgents: (signal) => deployed.bedrockAgents(signal),
  };
  api = await startApi({ clock, more: { deployedAgents } });
});
afterAll(() => api.close());

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** Both services, asked as the bridge does. */
async function account(): Promise<{ core: AgentCoreEmulator; agents: BedrockAgentsEmulator }> {
  const core = await startAgentCore({
    runtimes: [
      { arn: ORDERS, description: 'Knows orders.', answer: () => ({}) },
      { arn: STOCK, status: 'UPDATING', answer: () => ({}) },
    ],
  });
  const alias = { agentId: 'AGENT00001', name: 'billing', answer: () => ({}) };
  const agents = await startBedrockAgents({
    agents: [
      { ...alias, agentAliasId: 'ALIAS00001', aliasName: 'live' },
      { ...alias, agentAliasId: 'TSTALIASID' },
    ],
  });
  const placeOf = ({ url, region, credentials }: AgentCoreEmulator | BedrockAgentsEmulator) => ({
    endpoint: url,
    region,
    credentials,
  });
  const shared = { clock: realClock(), log: createLog('silent') };
  const tokens = { authorization: async () => undefined, rejected: () => undefined, close: () => undefined };
  const runtimes = agentRuntimes({ place: placeOf(core), tokens, ...shared });
  const classic = bedrockAgents({ place: placeOf(agents), ...shared });
  open.push(core, agents, runtimes, classic);
  deployed = { runtimes: runtimes.list, bedrockAgents: classic.list };
  return { core, agents };
}

describe('what is deployed in the account', () => {
  it('is listed from both services, each agent of Bedrock with its aliases', async () => {
    await account();
    const { status, body } = await api.api('GET', '/api/runtimes');

    expect(status).toBe(200);
    const billing = { kind: 'bedrock-agent', agentId: 'AGENT00001', name: 'billing', status: 'PREPARED' };
    expect(body).toEqual({
      items: [
        {
          kind: 'agentcore',
          arn: ORDERS,
          name: 'orders',
          version: '1',
          status: 'READY',
          description: 'Knows orders.',
        },
        { kind: 'agentcore', arn: STOCK, name: 'stock', version: '1', status: 'UPDATING' },
        { ...billing, agentAliasId: 'ALIAS00001', aliasName: 'live' },
        { ...billing, agentAliasId: 'TSTALIASID', aliasName: 'TSTALIASID' },
      ],
      nextCursor: null,
      problems: [],
    });
  });

  it('is shown as far as it can be listed, with the words of the service for the rest', async () => {
    const { core } = await account();
    const message = 'User: x is not authorized to perform: bedrock-agentcore:ListAgentRuntimes';
    core.failNext({ kind: 'http', status: 403, type: 'AccessDeniedException', message }, 3);
    const { status, body } = await api.api('GET', '/api/runtimes');

    expect(status).toBe(200);
    expect(body.items).toHaveLength(2);
    expect(body.problems).toEqual([
      { kind: 'agentcore', reason: 'credentials', message: `AccessDeniedException: ${message}` },
    ]);
  });

  it('is an empty list with both problems when neither service can be reached', async () => {
    const { core, agents } = await account();
    await core.close();
    await agents.close();
    const { status, body } = await api.api('GET', '/api/runtimes');

    expect(status).toBe(200);
    expect(body).toMatchObject({
      items: [],
      problems: [
        { kind: 'agentcore', reason: 'unavailable' },
        { kind: 'bedrock-agent', reason: 'unavailable' },
      ],
    });
  });

  it('is not waited for without end: one that never answers is a problem', async () => {
    const hang = (signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        const givenUp = new BridgeError('TOOL_FAILED', 'is not waited for any more', { reason: 'cancelled' });
        signal.addEventListener('abort', () => reject(givenUp));
        clock.advance(20_000);
      });
    deployed = { runtimes: hang, bedrockAgents: async () => [] };
    const { body } = await api.api('GET', '/api/runtimes');

    expect(body).toMatchObject({
      items: [],
      problems: [{ kind: 'agentcore', reason: 'unavailable', message: 'gave no answer within 15 seconds' }],
    });
  });

  it('is not looked for any longer when whoever asked goes away', async () => {
    let told: (signal: AbortSignal) => void = () => undefined;
    const begun = new Promise<AbortSignal>((resolve) => {
      told = resolve;
    });
    deployed = {
      bedrockAgents: async () => [],
      runtimes: (signal) => {
        told(signal);
        return new Promise(() => {});
      },
    };
    const base = await api.listen();
    const { token } = await api.tokenOf('viewer');
    const gone = new AbortController();
    const headers = { authorization: `Bearer ${token}` };
    const asking = fetch(`${base}/api/runtimes`, { headers, signal: gone.signal });
    const signal = await begun;
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    gone.abort();

    await expect(asking).rejects.toThrow();
    await aborted;
  });
});
