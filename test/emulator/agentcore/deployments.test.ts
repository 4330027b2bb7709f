import {
  CreateAgentRuntimeCommand,
  type CreateAgentRuntimeCommandInput,
  GetAgentRuntimeCommand,
  ListAgentRuntimesCommand,
  UpdateAgentRuntimeCommand,
} from '@aws-sdk/client-bedrock-agentcore-control';
import { describe, expect, it } from 'vitest';
import type { Hosting } from '../../../src/emulator/agentcore/deployments.js';
import { zipOf } from '../../../src/fixture-maker/zip.js';
import { ticks } from '../aws/settling.js';
import { agentCoreForTests, echo } from './place.js';
import { asking } from './python-place.js';

const place = agentCoreForTests();
const ROLE = 'arn:aws:iam::123456789012:role/agents';
const zip = (name: string) => zipOf(new Map([[name, 'print(1)']]), new Date('2026-01-01'));
const OBJECTS = new Map([
  ['agents/good.zip', zip('agent.py')],
  ['agents/next.zip', zip('agent.py')],
  ['agents/other.zip', zip('main.py')],
  ['agents/agent.py', Buffer.from('print(1)')],
]);

const hosting: Hosting = {
  read: async (bucket, key) => OBJECTS.get(`${bucket}/${key}`),
  run: ({ arn, environment }) => ({ arn, answer: () => ({ json: environment }) }),
  creatingMs: 1000,
};

function artifact(prefix: string) {
  const code = { s3: { bucket: 'agents', prefix } };
  return { codeConfiguration: { code, runtime: 'PYTHON_3_13' as const, entryPoint: ['agent.py'] } };
}

function creation(changes: Partial<CreateAgentRuntimeCommandInput> = {}): CreateAgentRuntimeCommandInput {
  return {
    agentRuntimeName: 'parcels',
    roleArn: ROLE,
    agentRuntimeArtifact: artifact('good.zip'),
    networkConfiguration: { networkMode: 'PUBLIC' },
    ...changes,
  };
}

async function started() {
  const { control, client, clock } = await place.start({ runtimes: [echo()], hosting });
  const create = (changes?: Partial<CreateAgentRuntimeCommandInput>) =>
    control.send(new CreateAgentRuntimeCommand(creation(changes)));
  const get = (agentRuntimeId: string | undefined) => control.send(new GetAgentRuntimeCommand({ agentRuntimeId }));
  const update = (agentRuntimeId: string | undefined, prefix: string) => {
    const { agentRuntimeName, ...rest } = creation({ agentRuntimeArtifact: artifact(prefix) });
    return control.send(new UpdateAgentRuntimeCommand({ ...rest, agentRuntimeId }));
  };
  const invoke = async (arn: string | undefined) => {
    const { response } = await client.send(asking(arn ?? '', 'one', {}));
    return JSON.parse(await response!.transformToString()) as unknown;
  };
  /** Until the package has been looked at, and the time it takes. */
  const made = async () => {
    await ticks(() => clock.pendingTimers > 0);
    clock.advance(1000);
  };
  return { control, create, get, update, invoke, made };
}

describe('creating a runtime', () => {
  it('takes a while; then it is listed, told and answers', async () => {
    const { control, create, get, invoke, made } = await started();

    const { agentRuntimeArn, agentRuntimeId, status, agentRuntimeVersion } = await create({
      environmentVariables: { MODEL_ID: 'nova' },
      description: 'Parcels',
    });
    await expect(invoke(agentRuntimeArn)).rejects.toMatchObject({ name: 'ConflictException' });
    await made();

    expect([status, agentRuntimeVersion]).toEqual(['CREATING', '1']);
    expect(agentRuntimeArn).toMatch(/^arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime\/parcels-[0-9a-f]{10}$/);
    expect(await get(agentRuntimeId)).toMatchObject({
      status: 'READY',
      agentRuntimeName: 'parcels',
      agentRuntimeArtifact: artifact('good.zip'),
      roleArn: ROLE,
      environmentVariables: { MODEL_ID: 'nova' },
    });
    const { agentRuntimes } = await control.send(new ListAgentRuntimesCommand({}));
    expect(agentRuntimes).toMatchObject([
      { status: 'READY' },
      { agentRuntimeArn, status: 'READY', description: 'Parcels' },
    ]);
    expect(await invoke(agentRuntimeArn)).toEqual({ MODEL_ID: 'nova' });
  });

  it.each([
    ['is not there', 'none.zip', 'does not exist'],
    ['is no zip', 'agent.py', 'is not a valid zip archive'],
    ['lacks the entry point', 'other.zip', 'The entry point agent.py was not found'],
  ])('fails when its package %s', async (_title, prefix, reason) => {
    const { create, get, made } = await started();

    const { agentRuntimeId } = await create({ agentRuntimeArtifact: artifact(prefix) });
    await made();

    expect(await get(agentRuntimeId)).toMatchObject({
      status: 'CREATE_FAILED',
      failureReason: expect.stringContaining(reason),
    });
  });

  it.each<[string, object]>([
    ['a name with a dash', { agentRuntimeName: 'par-cels' }],
    ['a name of 49 letters', { agentRuntimeName: 'x'.repeat(49) }],
    ['a role that is none', { roleArn: 'arn:aws:iam::123456789012:user/ann' }],
    ['no artifact', { agentRuntimeArtifact: undefined }],
    [
      'an unknown runtime',
      { agentRuntimeArtifact: { codeConfiguration: { ...artifact('x').codeConfiguration, runtime: 'PYTHON_2_7' } } },
    ],
    [
      'no entry point',
      { agentRuntimeArtifact: { codeConfiguration: { ...artifact('x').codeConfiguration, entryPoint: [] } } },
    ],
    ['no network', { networkConfiguration: undefined }],
    ['a short client token', { clientToken: 'short' }],
  ])('is refused with %s', async (_title, changes) => {
    const { create } = await started();

    await expect(create(changes)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('happens once for one client token, and once for one name', async () => {
    const { create, made } = await started();
    const clientToken = 'x'.repeat(33);
    const first = await create({ clientToken });

    expect(await create({ clientToken })).toMatchObject({ agentRuntimeArn: first.agentRuntimeArn });
    await expect(create({ clientToken, description: 'x' })).rejects.toMatchObject({ name: 'ConflictException' });
    await expect(create()).rejects.toMatchObject({ name: 'ConflictException' });
    await made();
  });
});

describe('updating a runtime', () => {
  it('makes the next version, while the one before goes on answering', async () => {
    const { create, get, update, invoke, made } = await started();
    const { agentRuntimeArn, agentRuntimeId } = await create({ environmentVariables: { N: '1' } });
    await expect(update(agentRuntimeId, 'next.zip')).rejects.toMatchObject({ name: 'ConflictException' });
    await made();

    const { agentRuntimeVersion, status } = await update(agentRuntimeId, 'next.zip');
    const meanwhile = await invoke(agentRuntimeArn);
    await made();

    expect([agentRuntimeVersion, status, meanwhile]).toEqual(['2', 'UPDATING', { N: '1' }]);
    expect(await get(agentRuntimeId)).toMatchObject({ status: 'READY', agentRuntimeVersion: '2' });
    expect(await invoke(agentRuntimeArn)).toEqual({});
  });

  it('that fails leaves the version before in its place', async () => {
    const { create, get, update, invoke, made } = await started();
    const { agentRuntimeArn, agentRuntimeId } = await create({ environmentVariables: { N: '1' } });
    await made();

    await update(agentRuntimeId, 'other.zip');
    await made();

    expect(await get(agentRuntimeId)).toMatchObject({ status: 'UPDATE_FAILED' });
    expect(await invoke(agentRuntimeArn)).toEqual({ N: '1' });
  });

  it('knows no other runtime', async () => {
    const { update } = await started();

    await expect(update('x-1', 'good.zip')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});
