import { expect, it, onTestFinished } from 'vitest';
import { agentInputSchema } from '../../src/directory/agent.js';
import { agentNeeds } from '../../src/doctor/agent-needs.js';
import { workloadIdentityCheck } from '../../src/doctor/workload-identity.js';
import { startAgentCore } from '../../src/emulator/agentcore/server.js';
import { findingsOf, installation } from './rig.js';

const IDENTITY = { kind: 'agentcore-identity', provider: 'orders-login', scopes: ['read'] };
const SIGV4 = { kind: 'sigv4' };

/** What is found for an agent whose tool signs in like this, where the bridge has the workload identity of that name. */
async function look(auth: object, workload: string | undefined) {
  const core = await startAgentCore({
    identity: { workloads: ['bridge'], providers: [{ name: 'orders-login', scopes: ['read'] }] },
  });
  onTestFinished(() => core.close());
  const { url: endpoint, region, credentials } = core;
  const tool = {
    kind: 'agentcore',
    name: 'orders',
    description: 'Orders.',
    agentRuntimeArn: 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-AbCdEf0123',
    auth,
  };
  const agent = agentInputSchema.parse({ name: 'A', systemPrompt: 'p', tools: [tool] });
  const environment = { ...(workload !== undefined && { AGENTCORE_WORKLOAD_NAME: workload }) };
  const where = installation(environment, { places: { agentCore: { endpoint, region, credentials } } });
  return findingsOf(workloadIdentityCheck(where, { agents: agentNeeds([agent], String) }));
}

it('tools that sign in by AgentCore Identity where the bridge has no workload identity are found before a call', async () => {
  expect(await look(IDENTITY, undefined)).toEqual([
    {
      state: 'failed',
      says: 'tools sign in by AgentCore Identity (orders-login), and the bridge has no workload identity',
      advice: expect.stringContaining('AGENTCORE_WORKLOAD_NAME'),
    },
  ]);
});

it('a workload identity that gets its tokens is in order, and one that is not there is none', async () => {
  expect(await look(IDENTITY, 'bridge')).toEqual([{ state: 'ok', says: 'bridge gets its tokens' }]);
  expect(await look(IDENTITY, 'other')).toMatchObject([
    { state: 'failed', advice: expect.stringContaining('AGENTCORE_WORKLOAD_NAME') },
  ]);
});

it('there is nothing to say where no tool signs in like that', async () => {
  expect(await look(SIGV4, undefined)).toEqual([]);
});
