import { expect, it, onTestFinished } from 'vitest';
import { startOauth } from '../../src/emulator/agentcore/oauth.js';
import { startAgentCore } from '../../src/emulator/agentcore/server.js';
import { connected } from '../store/on-server.js';
import { freshDatabase } from '../store/postgres.js';
import { startBridge } from './bridge.js';

const ORDERS = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-AbCdEf0123';
const SECRET = 'hush-hush-hush-0123456789';
const KEY = 'key-of-these-tests-0123456789-abcdef';
const OTHER_KEY = 'other-key-of-these-tests-0123456789-abcdef';

/** An agent's runtime that takes tokens only, the place that gives them out, and a database for several bridges. */
async function rig() {
  const oauth = await startOauth({ clients: [{ clientId: 'bridge', clientSecret: SECRET, scopes: ['read'] }] });
  const core = await startAgentCore({
    runtimes: [{ arn: ORDERS, auth: 'jwt', answer: () => ({ json: { result: 'Shipped.' } }) }],
    issuers: [oauth],
  });
  const database = await freshDatabase();
  onTestFinished(async () => {
    await database.drop();
    await core.close();
    await oauth.close();
  });
  const logLines: string[] = [];
  const { url: endpoint, region, credentials } = core;
  const start = (secretsKey: string) =>
    startBridge({
      database,
      logLines,
      environment: { SECRETS_KEY: secretsKey },
      places: { agentCore: { endpoint, region, credentials } },
    });
  const agent = {
    name: 'Shop',
    systemPrompt: 'You help.',
    tools: [
      {
        kind: 'agentcore',
        name: 'orders',
        description: 'Orders.',
        agentRuntimeArn: ORDERS,
        auth: {
          kind: 'oauth',
          tokenUrl: oauth.tokenUrl,
          clientId: 'bridge',
          clientSecret: SECRET,
          scopes: ['read'],
        },
      },
    ],
  };
  /** Every row of every table, as text. */
  const rows = () =>
    connected(database.url, async (client) => {
      const tables = await client.query<{ name: string }>(
        `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
      );
      const texts: string[] = [];
      for (const { name } of tables.rows) {
        const found = await client.query<{ text: string }>(`SELECT each::text AS text FROM ${name} each`);
        texts.push(...found.rows.map(({ text }) => text));
      }
      return texts;
    });
  return { oauth, start, agent, rows, logLines };
}

const TRIAL = { tool: 'orders', input: { prompt: 'Where is it?' } };

it('the secret of a tool is in no row of the database and in no line of the log, and still gets the tool its token', async () => {
  const { oauth, start, agent, rows, logLines } = await rig();
  const bridge = await start(KEY);
  const saved = await bridge.api('POST', '/agents', agent);
  const asked = await bridge.api('POST', `/agents/${saved.body.id}/ask`, TRIAL);
  const kept = await rows();
  await bridge.close();

  expect(saved.status).toBe(201);
  expect(JSON.stringify(saved.body)).not.toContain(SECRET);
  expect(asked.body).toMatchObject({ outcome: 'answered', output: { answer: 'Shipped.' } });
  expect(oauth.requests.map(({ status }) => status)).toEqual([200]);
  expect(kept.some((row) => row.includes(ORDERS))).toBe(true);
  expect(kept.join('\n')).toContain('sealed:v1:');
  expect(kept.join('\n')).not.toContain(SECRET);
  expect(logLines.join('\n')).not.toContain(SECRET);
});

it('a bridge with the same SECRETS_KEY opens it, one with another says that it has to be given again, and then takes it', async () => {
  const { oauth, start, agent } = await rig();
  const first = await start(KEY);
  const { body: saved } = await first.api('POST', '/agents', agent);
  await first.close();

  const same = await start(KEY);
  const opened = await same.api('POST', `/agents/${saved.id}/ask`, TRIAL);
  await same.close();
  const requestCount = oauth.requests.length;
  const other = await start(OTHER_KEY);
  const refused = await other.api('POST', `/agents/${saved.id}/ask`, TRIAL);
  const countAfter = oauth.requests.length;
  const given = await other.api('PATCH', `/agents/${saved.id}`, { tools: agent.tools });
  const again = await other.api('POST', `/agents/${saved.id}/ask`, TRIAL);
  await other.close();

  expect(opened.body.outcome).toBe('answered');
  expect(refused.body).toMatchObject({
    outcome: 'failed',
    output: { error: expect.stringContaining('SECRETS_KEY: it has to be given again') },
  });
  expect(countAfter).toBe(requestCount);
  expect(given.status).toBe(200);
  expect(again.body.outcome).toBe('answered');
});
