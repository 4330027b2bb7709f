import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { agentRuntimes } from '../../src/agents/agent-runtimes.js';
import { type Clock, FakeClock, scaledClock } from '../../src/clock.js';
import { type DeploymentSettings, deploymentFor, whyNotDeployable } from '../../src/creator/deployment/choice.js';
import type { Hosting } from '../../src/emulator/agentcore/deployments.js';
import type { RuntimeAnswer } from '../../src/emulator/agentcore/script.js';
import { startAgentCore } from '../../src/emulator/agentcore/server.js';
import { startS3 } from '../../src/emulator/s3/server.js';
import { zipOf } from '../../src/fixture-maker/zip.js';
import { countingIds } from '../../src/ids.js';
import { createLog } from '../../src/log.js';
import { ticks } from '../emulator/aws/settling.js';
import { AGENT, jobOf, NEVER } from './written-agent.js';

const LOADER = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/loader-Ab12Cd34Ef';
const ROLE = 'arn:aws:iam::123456789012:role/agents';
const WRITTEN = { bucket: 'agents', prefix: 'ada/agent_Ab-12/1/', files: {} };
const BASE = zipOf(
  new Map([
    ['bedrock_agentcore/__init__.py', ''],
    ['agent.py', 'print("base")'],
  ]),
  new Date('2026-01-01'),
);
const AGENT_PAYLOAD = { prompt: '{{input.prompt}}', session_id: '{{sessionId}}', actor_id: '{{caller}}' };

/** AgentCore, S3 and a deployment between them; `answers` is what the runtimes say. */
async function place(
  settingsFor: DeploymentSettings | ((baseZip: string) => DeploymentSettings),
  options: {
    answer?: (payload: unknown) => RuntimeAnswer;
    base?: Buffer;
    clock?: Clock;
    hosting?: Partial<Hosting>;
  } = {},
) {
  const { answer = () => ({ json: { result: 'With returns.' } }), base = BASE, clock = scaledClock(50) } = options;
  const asked: unknown[] = [];
  const ran: { files: Record<string, string>; environment: Readonly<Record<string, string>> }[] = [];
  const answering = (payload: unknown) => {
    asked.push(payload);
    return answer(payload);
  };
  const s3 = await startS3({ buckets: ['agents', 'packages'] });
  const agentCore = await startAgentCore({
    runtimes: [{ arn: LOADER, answer: answering }],
    hosting: {
      read: async (bucket, key) => s3.objects(bucket).get(key)?.body,
      run({ arn, files, environment }) {
        const texts = [...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString('utf8')]);
        ran.push({ files: Object.fromEntries(texts), environment });
        return { arn, answer: answering };
      },
      ...options.hosting,
    },
  });
  const { region, credentials } = agentCore;
  const places = {
    agentCore: { endpoint: agentCore.url, region, credentials },
    s3: { endpoint: s3.url, region, credentials },
  };
  const tokens = { authorization: async () => undefined, rejected: () => undefined, close: () => undefined };
  const runtimes = agentRuntimes({ place: places.agentCore, tokens, clock, log: createLog('silent') });
  const folder = await mkdtemp(join(tmpdir(), 'deployment-'));
  const baseZip = join(folder, 'base.zip');
  await writeFile(baseZip, base);
  const settings = typeof settingsFor === 'function' ? settingsFor(baseZip) : settingsFor;
  const environment = { MODEL_ID: 'amazon.nova-pro-v1:0' };
  const deployment = deploymentFor(settings, { runtimes, clock, ids: countingIds(), places, environment });
  onTestFinished(async () => {
    deployment.close();
    runtimes.close();
    await Promise.all([agentCore.close(), s3.close(), rm(folder, { recursive: true })]);
  });
  const deploy = (changes: Parameters<typeof jobOf>[0] = {}) =>
    deployment.deploy(jobOf(changes), AGENT, WRITTEN, NEVER);
  return { s3, agentCore, deploy, asked, ran };
}

const own = (baseZip: string): DeploymentSettings => ({ baseZip, roleArn: ROLE });

describe('the loader way', () => {
  it('asks the loader for the version, and says how calls have to ask', async () => {
    const { deploy, asked, agentCore } = await place({ loaderArn: LOADER, baseZip: 'x', roleArn: ROLE });

    const deployed = await deploy({ version: 3 });

    const address = { agent_id: 'agent_Ab-12', user_id: 'ada', version: 3 };
    expect(deployed).toEqual({ runtimeArn: LOADER, payload: { ...address, ...AGENT_PAYLOAD } });
    const session_id = 'smoke-00000000-0000-4000-8000-000000000001';
    expect(asked).toEqual([{ ...address, prompt: expect.any(String), session_id, actor_id: 'smoke-test' }]);
    expect(agentCore.sessions).toMatchObject([{ id: session_id, endedBy: 'stopped' }]);
  });

  it.each<[string, RuntimeAnswer, string, string]>([
    ['fails', { raw: { status: 500, contentType: 'x', body: '' } }, 'AWS_REFUSED', 'Received error (500) from runtime'],
    ['reports an error', { json: { error: 'no such agent' } }, 'AWS_REFUSED', 'no such agent'],
    ['says nothing', { json: { result: ' ' } }, 'AWS_REFUSED', 'answers without a word'],
    ['is throttled', { error: { status: 429, message: 'Slow down' } }, 'AWS_UNREACHABLE', 'Slow down'],
    ['may not be asked', { error: { status: 403, message: 'Not you' } }, 'AWS_REFUSED', 'Not you'],
  ])('refuses an agent that %s when it is first asked', async (_title, answer, code, words) => {
    const { deploy } = await place({ loaderArn: LOADER }, { answer: () => answer });

    await expect(deploy()).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });

  it('does not wait for the first answer for ever', async () => {
    const clock = new FakeClock();
    const { deploy, asked } = await place({ loaderArn: LOADER }, { clock, answer: () => ({ delayMs: 3_600_000 }) });
    const outcome = expect(deploy()).rejects.toMatchObject({
      code: 'AWS_UNREACHABLE',
      message: 'The deployed agent did not answer a first question within 180 s.',
    });
    await ticks(() => asked.length === 1);

    clock.advance(180_000);

    await outcome;
  });
});

describe("an agent's own runtime", () => {
  it('holds the base package and the files of the agent, and answers', async () => {
    const { deploy, ran, s3, agentCore, asked } = await place(own);

    const { runtimeArn, payload } = await deploy({ input: { sop: 'x', knowledgeBaseId: 'KB12345678' } });

    expect(runtimeArn).toMatch(/:runtime\/oratio_agent_Ab_12_[0-9a-f]{8}_v1-/);
    expect(payload).toEqual(AGENT_PAYLOAD);
    expect(ran).toEqual([
      {
        files: {
          'bedrock_agentcore/__init__.py': '',
          'agent.py': AGENT.code.agentPy,
          'full_prompt.md': AGENT.prompt.fullPrompt,
          'voice_prompt.md': AGENT.prompt.voicePrompt,
        },
        environment: { MODEL_ID: 'amazon.nova-pro-v1:0', KNOWLEDGE_BASE_ID: 'KB12345678' },
      },
    ]);
    expect([...s3.objects('agents').keys()]).toEqual([
      expect.stringMatching(/^ada\/agent_Ab-12\/1\/package-[0-9a-f]{16}\.zip$/),
    ]);
    expect(asked).toHaveLength(1);
    expect(agentCore.sessions).toMatchObject([{ arn: runtimeArn, endedBy: 'stopped' }]);
  });

  it('takes the base package from a bucket', async () => {
    const { deploy, s3, ran } = await place({ baseZip: 's3://packages/base/arm64.zip', roleArn: ROLE });
    await expect(deploy()).rejects.toMatchObject({
      code: 'AWS_REFUSED',
      message: 'There is no object s3://packages/base/arm64.zip.',
    });
    const object = { contentType: '', etag: '"1"', metadata: {}, headers: {}, crc32: undefined, lastModifiedMs: 0 };
    (s3.objects('packages') as Map<string, object>).set('base/arm64.zip', { ...object, body: BASE });

    await deploy();

    expect(Object.keys(ran[0]!.files)).toContain('bedrock_agentcore/__init__.py');
  });

  it('is another one for each version, and the same when a version is deployed again', async () => {
    const { deploy, ran } = await place(own);

    const arns = [await deploy(), await deploy(), await deploy({ version: 2 })].map(({ runtimeArn }) => runtimeArn);

    expect(arns[1]).toBe(arns[0]);
    expect(arns[2]).not.toBe(arns[0]);
    expect(ran).toHaveLength(2);
  });

  it('is made again over one that could not be made', async () => {
    let isThere = false;
    const read = async () => (isThere ? BASE : undefined);
    const { deploy, agentCore } = await place(own, { hosting: { read } });
    await expect(deploy()).rejects.toMatchObject({
      code: 'AWS_REFUSED',
      message: expect.stringMatching(/could not make the runtime oratio_\w+_v1 \(CREATE_FAILED\): .* does not exist/),
    });
    isThere = true;

    await deploy();

    const operations = agentCore.requests.map(({ operation }) => operation);
    expect(operations.filter((name) => /^(Create|Update)/.test(name ?? ''))).toEqual([
      'CreateAgentRuntime',
      'CreateAgentRuntime',
      'UpdateAgentRuntime',
    ]);
  });

  it('is waited for while it is made, but not for ever', async () => {
    const clock = new FakeClock();
    const read = () => new Promise<undefined>(() => undefined);
    const { deploy } = await place(own, { clock, hosting: { read } });
    let outcome: unknown;
    const deploying = deploy().catch((error: unknown) => {
      outcome = error;
    });

    while (outcome === undefined) {
      await ticks(() => clock.pendingTimers > 0 || outcome !== undefined);
      clock.advance(5000);
    }
    await deploying;

    expect(outcome).toMatchObject({
      code: 'AWS_UNREACHABLE',
      message: expect.stringMatching(/has not made the runtime oratio_\w+ within 300 s \(CREATING\)/),
    });
  });

  it.each<[string, Buffer, string]>([
    ['is no zip', Buffer.from('x'), 'cannot be used: it is no zip archive'],
    [
      'lacks what agents need',
      zipOf(new Map([['lib/bedrock_agentcore/__init__.py', '']]), new Date('2026-01-01')),
      'has no',
    ],
  ])('is refused with a base package that %s', async (_title, base, words) => {
    const { deploy, agentCore } = await place(own, { base });

    await expect(deploy()).rejects.toMatchObject({ code: 'AWS_REFUSED', message: expect.stringContaining(words) });
    expect(agentCore.requests).toEqual([]);
  });

  it('says which rights are missing', async () => {
    const { deploy, agentCore } = await place(own);
    agentCore.failNext({ kind: 'http', status: 403, type: 'AccessDeniedException', message: 'Not you' });

    await expect(deploy()).rejects.toMatchObject({
      code: 'AWS_REFUSED',
      message: expect.stringContaining(
        `bedrock-agentcore:CreateAgentRuntime and UpdateAgentRuntime, and iam:PassRole on ${ROLE}`,
      ),
    });
  });
});

describe('without a way to deploy', () => {
  it.each<[DeploymentSettings]>([[{}], [{ roleArn: ROLE }], [{ baseZip: 'base.zip' }]])(
    '%j refuses in words',
    async (settings) => {
      const { deploy } = await place(settings);
      const message =
        'A lone agent.py does not deploy: set CREATOR_LOADER_ARN, or CREATOR_BASE_ZIP and CREATOR_ROLE_ARN.';

      await expect(deploy()).rejects.toMatchObject({ code: 'AWS_REFUSED', message });
      expect(whyNotDeployable(settings)).toBe(message);
    },
  );
});
