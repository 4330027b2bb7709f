import { expect, it, onTestFinished, vi } from 'vitest';
import { realClock } from '../../src/clock.js';
import { toolServices } from '../../src/tool-services.js';
import { AGENTCORE, agentWith, KNOWLEDGE } from '../tools/rig.js';
import { type Answer, CALL_SID, closedAfterTests, listeningLog, sendJson, startPlainServer } from './rig.js';

const open = closedAfterTests();

const BEDROCK_AGENT = {
  kind: 'bedrock-agent',
  name: 'billing',
  description: 'Billing.',
  agentId: 'ORDERS0001',
  agentAliasId: 'TSTALIASID',
};

/** Keys of a container, of which the next ones are given out whenever it is asked, and a service that takes some of them. */
async function rig() {
  let givenCount = 0;
  const container = await startPlainServer((_request, response) => {
    givenCount += 1;
    sendJson(response, 200, {
      AccessKeyId: `KEYOFTHETESTS${givenCount}`,
      SecretAccessKey: 'secret-of-the-tests',
      Token: 'token-of-the-tests',
      Expiration: new Date(Date.now() + 3_600_000).toISOString(),
    });
  });
  const expired = new Set<string>();
  const keyIn = (authorization = '') => /Credential=(\w+)/.exec(authorization)?.[1] ?? '';
  const answer: Answer = ({ headers, url }, response) => {
    if (expired.has(keyIn(headers.authorization))) {
      sendJson(response, 403, { message: 'expired' }, { 'x-amzn-errortype': 'ExpiredTokenException' });
    } else sendJson(response, 200, url.includes('retrieve') ? { retrievalResults: [] } : { result: 'Shipped.' });
  };
  const service = await startPlainServer(answer);
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE']) {
    vi.stubEnv(name, undefined);
  }
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${container.url}/keys`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const agent = agentWith(KNOWLEDGE, AGENTCORE, BEDROCK_AGENT);
  const place = { endpoint: service.url, region: 'us-east-1' };
  const { log } = listeningLog();
  const services = await toolServices({
    config: { secretsKey: 'k'.repeat(32), dataDir: '/nowhere', agentCoreWorkload: undefined },
    region: 'us-east-1',
    places: { agentCore: place, knowledgeBases: place, agents: place },
    findAgent: () => agent,
    clock: realClock(),
    log,
  });
  open.push(container, service, services);
  let callCount = 0;
  const run = (name: string) => {
    const never = new AbortController().signal;
    const party = { caller: '+14155550101', called: '+14155550199', variables: {} };
    const call = { callId: `tool-use-${callCount++}`, name, input: { query: 'Where?', prompt: 'Where?' } };
    return services.belt.run(call, { callSid: CALL_SID, agent, ...party, signal: never, callOver: never });
  };
  const keys = () => service.received.map(({ headers }) => keyIn(headers.authorization));
  return { run, keys, expired, container };
}

it.each(['handbook', 'orders', 'billing'])(
  'keys that expire between two questions are renewed, and the question asked again with the new ones: %s',
  async (name) => {
    const { run, keys, expired, container } = await rig();
    await run(name);
    expired.add('KEYOFTHETESTS1');

    const again = await run(name);
    await run(name);

    expect(JSON.stringify(again.output)).not.toContain('does not let');
    expect(keys()).toEqual(['KEYOFTHETESTS1', 'KEYOFTHETESTS1', 'KEYOFTHETESTS2', 'KEYOFTHETESTS2']);
    expect(container.received).toHaveLength(2);
  },
);

it('keys that are expired as soon as they are given out are renewed once, not over and over', async () => {
  const { run, keys, expired } = await rig();
  for (let count = 1; count <= 5; count++) expired.add(`KEYOFTHETESTS${count}`);

  expect(await run('orders')).toMatchObject({
    kind: 'failed',
    output: { error: 'the agent does not let this telephone system in' },
  });
  expect(keys()).toEqual(['KEYOFTHETESTS1', 'KEYOFTHETESTS2']);
});
