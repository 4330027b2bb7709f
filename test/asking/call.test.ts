import { readdir, readFile } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { CallRecord } from '../../src/call/record.js';
import { startAgentCore } from '../../src/emulator/agentcore/server.js';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { startBedrock } from '../../src/emulator/bedrock/server.js';
import { startMcpServer } from '../../src/emulator/mcp/server.js';
import { createPhone } from '../../src/emulator/phone/phone.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { RUNTIME_ARN } from '../agents/rig.js';
import { echo } from '../mcp/rig.js';
import { freshDatabase } from '../store/postgres.js';
import { AUTH_TOKEN, CALLER, NUMBER, PUBLIC_URL } from '../wire/bridge.js';
import { SPEECH_DIR } from '../wire/places.js';
import { startProcess } from '../wire/process.js';
import { SPEECH } from '../wire/stack.js';
import { until } from '../wire/until.js';

const MEMORY = {
  memoryId: 'Callers-AbCdEf1234',
  strategies: [{ memoryStrategyId: 'facts-0000000000', namespace: '/actors/{actorId}' }],
  extractsAfterMs: 0,
};
const SCRIPT = `
turns:
  - text: greet
    say: Hello
  - hear: go forward ten meters
    call: { orders: { prompt: "Where is it?" } }
    say: Thank you
  - hear: go forward ten meters
    call: { orders___echo: { order: 7 } }
    say: Thank you
`;

/** Levels of the threads of a process that are at real time; source: proc_pid_stat(5), field 40. */
async function realtimeLevels(pid: number): Promise<number[]> {
  const directory = `/proc/${pid}/task`;
  const stats = await Promise.all(
    (await readdir(directory)).map((thread) => readFile(`${directory}/${thread}/stat`, 'utf8').catch(() => '')),
  );
  const levels = stats.map((text) => Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[37] ?? 0));
  return levels.filter((level) => level > 0).sort();
}

it('a bridge in a process of its own has what its calls need asked in a thread, and stops in order', async () => {
  const database = await freshDatabase();
  const dataDir = await temporaryDataDir();
  const bedrock = await startBedrock({ delivery: { burst: 0 } });
  bedrock.use(parseModelScript(SCRIPT, { dir: SPEECH_DIR }));
  const core = await startAgentCore({
    runtimes: [{ arn: RUNTIME_ARN, answer: () => ({ json: { result: 'It was shipped.' } }) }],
    memories: [MEMORY],
  });
  const mcp = await startMcpServer({ tools: [echo] });
  onTestFinished(async () => {
    for (const each of [bedrock, core, mcp]) await each.close();
    await database.drop();
    await dataDir.remove();
  });
  const bridge = await startProcess(dataDir.path, {
    ...{ DATABASE_URL: database.url, DRAIN_DELAY_MS: '0' },
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
    AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: core.url,
    AWS_ACCESS_KEY_ID: bedrock.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: bedrock.credentials.secretAccessKey,
  });
  const { body: agent } = await bridge.api('POST', '/agents', {
    ...{ name: 'A', systemPrompt: 'You help.', greeting: 'Greet the caller with: Hello' },
    silence: { promptAfterMs: 60_000 },
    memory: { memoryId: MEMORY.memoryId },
    tools: [
      { kind: 'agentcore', name: 'orders', description: 'Orders.', agentRuntimeArn: RUNTIME_ARN },
      { kind: 'mcp', url: mcp.url },
    ],
  });
  const listed = mcp.arrived(({ rpc }) => rpc === 'tools/list');
  await bridge.api('PUT', `/numbers/${NUMBER}`, { agentId: agent.id });
  await listed;
  await until(
    async () => (await bridge.api('GET', `/agents/${agent.id}/tools`)).body.items as { name: string }[],
    (tools) => tools.length === 2,
  );
  const phone = createPhone({
    bridgeUrl: bridge.base,
    publicUrl: PUBLIC_URL,
    accountSid: `AC${'0'.repeat(32)}`,
    authToken: AUTH_TOKEN,
  });

  const call = await phone.call({ from: CALLER, to: NUMBER });
  const record = (isThere: (record: CallRecord) => boolean) =>
    until(async () => (await bridge.api('GET', `/calls/${call.callSid}`)).body as CallRecord, isThere);
  const heard = (count: number) =>
    record(({ turns }) => turns.filter((turn) => turn.role === 'agent' && turn.heardText !== '').length === count);
  await heard(1);
  for (const count of [2, 3]) {
    await call.say(SPEECH.goForward);
    await heard(count);
  }
  await call.hangUp();
  const { toolCalls } = await record(({ state }) => state === 'ended');
  await expect.poll(() => core.events.length, { timeout: 20_000 }).toBe(5);
  const levels = await realtimeLevels(bridge.pid);
  expect(await bridge.end('SIGTERM')).toBe(0);

  // Where calls are not before other work the thread is not either.
  expect(levels).toEqual([]);
  expect(toolCalls).toMatchObject([
    { name: 'orders', kind: 'agentcore', outcome: 'answered', output: { answer: 'It was shipped.' } },
    { name: 'orders___echo', kind: 'mcp', outcome: 'answered', output: { text: '{"order":7}' } },
  ]);
  expect(bridge.logged()).toContain('services are asked in a thread of their own');
  expect(bridge.logged()).not.toContain('thread that asks services has ended');
  expect(mcp.sessionCount).toBe(0);
});

it('the thread of a bridge that goes before other work comes after its calls, where the system allows either', async () => {
  const database = await freshDatabase();
  const dataDir = await temporaryDataDir();
  onTestFinished(async () => {
    await database.drop();
    await dataDir.remove();
  });

  const bridge = await startProcess(dataDir.path, { DATABASE_URL: database.url, CPU_PRIORITY: 'realtime' });

  const isAllowed = bridge.logged().includes('calls go before all other work');
  expect(isAllowed || bridge.logged().includes('real-time priority is not allowed')).toBe(true);
  await until(
    () => realtimeLevels(bridge.pid),
    (levels) => levels.join() === (isAllowed ? '1,2' : ''),
  );
  expect(await bridge.end('SIGTERM')).toBe(0);
});
