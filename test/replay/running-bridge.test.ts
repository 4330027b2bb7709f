import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adminClient } from '../../src/replay/admin-client.js';
import { FIXTURES_DIR, loadAgentFile, loadFixture } from '../../src/replay/fixture/fixture.js';
import { replay } from '../../src/replay/runner.js';
import { runningBridge } from '../../src/replay/running-bridge.js';
import type { LocalStack } from '../../src/replay/stack/local-stack.js';
import { webhookTarget } from '../../src/replay/stand-ins/webhook-target.js';
import { startStackOnServer } from './stack-on-server.js';

const CALL = 'agent-hangs-up-after-its-goodbye-was-heard';

let stack: LocalStack;
beforeAll(async () => {
  // Known by the address it is reached at, as a bridge that testers reach is.
  const port = 20_000 + (process.pid % 20_000);
  stack = await startStackOnServer({ port, publicUrl: `http://127.0.0.1:${port}` });
});
afterAll(() => stack.close());

it('a bridge without the agent of a recorded call is told apart from a failed expectation', async () => {
  const fixture = loadFixture(join(FIXTURES_DIR, 'calls', CALL));

  const { failures } = await replay(fixture, runningBridge(stack.url, stack.adminToken));

  expect(failures).toMatchObject([{ field: 'call', message: expect.stringContaining('has no agent') }]);
});

it.concurrent('a recorded call is replayed against a bridge that runs, by a test call and a tester’s token', async () => {
  const fixture = loadFixture(join(FIXTURES_DIR, 'calls', CALL));
  const { agent } = loadAgentFile(join(FIXTURES_DIR, 'agents', `${fixture.call.agent}.yaml`));
  await stack.admin.post('/agents', agent);
  stack.bedrock.useFor(() => fixture.model);
  const { token } = await stack.admin.post<{ token: string }>('/tokens', { name: 'tester', role: 'tester' });

  const { failures, record } = await replay(fixture, runningBridge(stack.url, token));

  expect(failures).toEqual([]);
  expect(record).toMatchObject({ test: true, endReason: 'agent-hung-up' });
});

it.concurrent('a recorded call is replayed against a bridge that runs, by its signed webhook, to the number that is dialled', async () => {
  const fixture = loadFixture(join(FIXTURES_DIR, 'calls', CALL));
  const { agent } = loadAgentFile(join(FIXTURES_DIR, 'agents', `${fixture.call.agent}.yaml`));
  const { id: agentId } = await stack.admin.post<{ id: string }>('/agents', agent);
  await stack.admin.put(`/numbers/${encodeURIComponent(fixture.call.to)}`, { agentId });
  stack.bedrock.useFor(() => fixture.model);
  const { authToken } = stack.twilio;

  const signed = webhookTarget({ url: stack.url, authToken }, adminClient(stack.url, stack.adminToken));
  const { failures, record } = await replay(fixture, signed);
  const forged = await replay(fixture, webhookTarget({ url: stack.url, authToken: 'another' }));

  expect(failures).toEqual([]);
  expect(record).toMatchObject({ test: false, to: fixture.call.to, endReason: 'agent-hung-up' });
  expect(forged.failures).not.toEqual([]);
});
