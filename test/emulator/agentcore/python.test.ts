import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore';
import {
  BedrockAgentCoreControlClient,
  CreateAgentRuntimeCommand,
  GetAgentRuntimeCommand,
} from '@aws-sdk/client-bedrock-agentcore-control';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../src/clock.js';
import { addToZip } from '../../../src/creator/deployment/base-package.js';
import { localAwsCalls } from '../../../src/emulator/agentcore/python/aws-calls.js';
import { pythonHosting } from '../../../src/emulator/agentcore/python/hosting.js';
import { type PythonMachine, pythonMachine } from '../../../src/emulator/agentcore/python/machine.js';
import { pythonRuntime } from '../../../src/emulator/agentcore/python/runtime.js';
import { type AgentCoreEmulator, startAgentCore } from '../../../src/emulator/agentcore/server.js';
import { type ModelsEmulator, startModels } from '../../../src/emulator/models/server.js';
import type { S3Emulator } from '../../../src/emulator/s3/contract.js';
import { startS3 } from '../../../src/emulator/s3/server.js';
import { zipOf } from '../../../src/fixture-maker/zip.js';
import { ticks } from '../aws/settling.js';
import { asking, CONVERSING, LOADER_PY, program, put, store } from './python-place.js';

const LOADER = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/loader-Ab12Cd34Ef';
const LIMIT_MS = 5000;
const GRACE_MS = 1000;

// Python takes a second or more to come up: once for all of these tests.
let s3: S3Emulator;
let models: ModelsEmulator;
let agentCore: AgentCoreEmulator;
let machine: PythonMachine;
let client: BedrockAgentCoreClient;
let calls: ReturnType<typeof localAwsCalls>;
const clock = new FakeClock();
const printed: string[] = [];

beforeAll(async () => {
  [s3, models] = await Promise.all([
    startS3({ buckets: ['agents'] }),
    startModels({ converse: ({ system, messages }) => ({ text: `${system} ${JSON.stringify(messages.at(-1))}` }) }),
  ]);
  const place = ({ url, region, credentials }: S3Emulator | ModelsEmulator) => ({ endpoint: url, region, credentials });
  calls = localAwsCalls({ models: place(models), s3: place(s3) });
  machine = pythonMachine({
    calls: calls.calls,
    clock,
    limitMs: LIMIT_MS,
    graceMs: GRACE_MS,
    print: (line) => printed.push(line),
  });
  const read = async (bucket: string, key: string) => s3.objects(bucket).get(key)?.body;
  agentCore = await startAgentCore({ hosting: pythonHosting(machine, read) });
  const { url: endpoint, region, credentials } = agentCore;
  client = new BedrockAgentCoreClient({ endpoint, region, credentials, maxAttempts: 1 });
  const environment = { AGENTS_BUCKET: 'agents' };
  agentCore.deploy(pythonRuntime({ arn: LOADER, files: { 'agent.py': LOADER_PY }, environment }, machine));
  await machine.ready();
});

afterAll(async () => {
  client.destroy();
  calls.close();
  await Promise.all([machine.close(), agentCore.close(), models.close(), s3.close()]);
});

/** Deploys the program under a name, and answers how it is asked. */
function deployed(name: string, files: string | Record<string, string>) {
  const arn = LOADER.replace('loader', name);
  agentCore.deploy(pythonRuntime({ arn, files: typeof files === 'string' ? { 'agent.py': files } : files }, machine));
  return (payload: unknown = {}, session = 'one') => ask(arn, payload, session);
}

async function ask(arn: string, payload: unknown, session = 'one'): Promise<unknown> {
  const { response, contentType } = await client.send(asking(arn, session, payload));
  const text = await response!.transformToString();
  return contentType === 'application/json' ? JSON.parse(text) : text;
}

const askLoader = (payload: object, session?: string) => ask(LOADER, { prompt: 'Where is it?', ...payload }, session);

const FAILED = { name: 'RuntimeClientError', message: expect.stringContaining('Received error (500) from runtime') };

describe('the loader', () => {
  const files = { 'agent.py': CONVERSING, 'full_prompt.md': 'You find parcels – 24/7.', 'requirements.txt': 'boto3\n' };
  const objects = () => s3.objects('agents');
  const latest = (user: string, version: number, sha256: string) =>
    put(objects(), `${user}/parcels/latest`, JSON.stringify({ version, sha256 }));

  it('runs the agent that is approved, with its prompt, and a model over the wire', async () => {
    latest('ann', 1, store(objects(), 'ann/parcels/1/', files));
    const payload = { user_id: 'ann', agent_id: 'parcels', session_id: 'CA1', actor_id: '+14155550100' };

    const answer = await askLoader(payload);

    const message = JSON.stringify({ role: 'user', content: [{ text: 'Where is it?' }] });
    expect(answer).toEqual({
      result: `You find parcels – 24/7. ${message}`,
      session: 'one'.padEnd(33, '-'),
      payload: { prompt: 'Where is it?', session_id: 'CA1', actor_id: '+14155550100' },
    });
  });

  it('reads a version once in a session, and notices that another is approved', async () => {
    latest('bob', 1, store(objects(), 'bob/parcels/1/', files));
    const next = store(objects(), 'bob/parcels/2/', { ...files, 'full_prompt.md': 'You lose parcels.' });
    const payload = { user_id: 'bob', agent_id: 'parcels' };
    await askLoader(payload, 'bob');
    const before = s3.requests.length;

    await askLoader(payload, 'bob');
    const again = s3.requests.slice(before).map(({ key }) => key);
    latest('bob', 2, next);

    expect(again).toEqual(['bob/parcels/latest']);
    expect(await askLoader(payload, 'bob')).toMatchObject({ result: expect.stringContaining('You lose parcels.') });
    expect(await askLoader({ ...payload, version: 1 }, 'bob')).toMatchObject({
      result: expect.stringContaining('You find parcels'),
    });
  });

  it.each<[string, object, string]>([
    ['a manifest that is not the approved one', { user_id: 'eve' }, 'manifest.json is not the one that was approved'],
    [
      'a file that is not in the manifest like this',
      { user_id: 'eve', version: 1 },
      'agent.py is not the file that was',
    ],
    ['a user that is a path', { user_id: '..' }, 'user_id is missing or not valid'],
    ['a user with a slash', { user_id: 'ann/parcels' }, 'user_id is missing or not valid'],
    ['a version that is a path', { user_id: 'ann', version: '../1' }, 'version is missing or not valid'],
    ['an agent that is not there', { user_id: 'ann', version: 7 }, 'An error occurred (NoSuchKey)'],
  ])('does not run %s', async (_title, payload, why) => {
    store(objects(), 'eve/parcels/1/', files);
    put(objects(), 'eve/parcels/1/agent.py', `${CONVERSING}\nprint("evil")`);
    latest('eve', 1, '0'.repeat(64));
    printed.length = 0;

    await expect(askLoader({ agent_id: 'parcels', ...payload }, 'eve')).rejects.toMatchObject(FAILED);

    expect(printed.join('\n')).toContain(why);
    expect(printed).not.toContain('evil');
  });
});

describe('a Python runtime', () => {
  it('keeps sessions apart: variables, modules and environment', async () => {
    const counting = program(`
def invoke(payload):
    import counter
    counter.count += 1
    os.environ["COUNT"] = os.environ.get("COUNT", "") + "x"
    return [counter.count, os.environ["COUNT"], os.environ["AWS_REGION"]]
`);
    const askCounter = deployed('counting', { 'agent.py': counting, 'counter.py': 'count = 0\n' });

    const answers = [await askCounter({}, 'one'), await askCounter({}, 'two'), await askCounter({}, 'one')];

    expect(answers).toEqual([
      [1, 'x', 'us-east-1'],
      [1, 'x', 'us-east-1'],
      [2, 'xx', 'us-east-1'],
    ]);
  });

  it('streams what a generator yields, and its failure', async () => {
    const askStream = deployed(
      'streaming',
      program(`
async def invoke(payload):
    yield "one"
    yield {"two": 2}
    raise KeyError("three")
`),
    );

    const events = String(await askStream()).split('\n\n');

    expect(events.slice(0, 2)).toEqual(['data: "one"', 'data: {"two": 2}']);
    expect(JSON.parse(events[2]!.slice('data: '.length))).toEqual({
      error: "'three'",
      error_type: 'KeyError',
      message: 'An error occurred during streaming',
    });
  });

  it('fails as its program does, and the next request finds it well', async () => {
    const askFragile = deployed('fragile', program('def invoke(payload):\n    return 1 / payload["by"]\n'));
    printed.length = 0;

    await expect(askFragile({ by: 0 })).rejects.toMatchObject(FAILED);

    expect(printed.at(-1)).toBe('ZeroDivisionError: division by zero');
    expect(await askFragile({ by: 2 })).toBe(0.5);
  });

  it.each([
    ['cannot be imported', 'import strands\n'],
    ['serves nobody', 'print("hello")\n'],
  ])('never comes up when its program %s', async (_title, text) => {
    await expect(deployed('dead', text)()).rejects.toMatchObject({
      name: 'RuntimeClientError',
      message: expect.stringContaining('Runtime initialization time exceeded'),
    });
  });

  it('gives programs the refusals of services, and says what it does not know', async () => {
    const askServices = deployed(
      'services',
      program(`
def invoke(payload):
    from botocore.exceptions import ClientError
    told = []
    s3 = boto3.client("s3", region_name="us-east-1")
    try:
        s3.get_object(Bucket="agents", Key="none")
    except s3.exceptions.NoSuchKey as error:
        told.append(error.response["Error"]["Code"])
    try:
        boto3.client("bedrock-runtime").converse(modelId="none", messages=[])
    except ClientError as error:
        told.append(error.response["ResponseMetadata"]["HTTPStatusCode"])
    try:
        boto3.client("dynamodb").get_item(TableName="orders")
    except NotImplementedError as error:
        told.append(str(error))
    return told
`),
    );

    expect(await askServices()).toEqual(['NoSuchKey', 400, 'dynamodb.get_item is not part of this stand-in']);
  });
});

describe('a package', () => {
  it('that was added to runs when it is deployed, and Python finds nothing wrong with it', async () => {
    const base = { 'bedrock_agentcore/__init__.py': 'raise RuntimeError("the real one")', 'agent.py': 'base' };
    const added = program(`
def invoke(payload):
    import io, zipfile
    body = boto3.client("s3").get_object(Bucket="agents", Key="package.zip")["Body"]
    package = zipfile.ZipFile(io.BytesIO(body.read()))
    modes = {entry.filename: oct(entry.external_attr >> 16) for entry in package.infolist()}
    return [package.testzip(), modes, os.environ["MODEL_ID"]]
`);
    const folder = await mkdtemp(join(tmpdir(), 'package-'));
    const path = join(folder, 'package.zip');
    await writeFile(path, zipOf(new Map(Object.entries(base)), new Date('2026-01-01')));
    await addToZip(path, { 'agent.py': added }, new Date('2026-01-01'));
    put(s3.objects('agents'), 'package.zip', await readFile(path));
    await rm(folder, { recursive: true });
    const { url: endpoint, region, credentials } = agentCore;
    const control = new BedrockAgentCoreControlClient({ endpoint, region, credentials });
    const s3Place = { bucket: 'agents', prefix: 'package.zip' };

    const { agentRuntimeArn, agentRuntimeId } = await control.send(
      new CreateAgentRuntimeCommand({
        agentRuntimeName: 'packed',
        roleArn: 'arn:aws:iam::123456789012:role/agents',
        agentRuntimeArtifact: {
          codeConfiguration: { code: { s3: s3Place }, runtime: 'PYTHON_3_13', entryPoint: ['agent.py'] },
        },
        networkConfiguration: { networkMode: 'PUBLIC' },
        environmentVariables: { MODEL_ID: 'nova' },
      }),
    );
    const { status } = await control.send(new GetAgentRuntimeCommand({ agentRuntimeId }));
    control.destroy();

    expect(status).toBe('READY');
    const modes = { 'bedrock_agentcore/__init__.py': '0o0', 'agent.py': '0o100644' };
    expect(await ask(agentRuntimeArn ?? '', {})).toEqual([null, modes, 'nova']);
  });
});

describe('a program that does not end', () => {
  const endless = program(`
def invoke(payload):
    print("turning")
    while True:
        try:
            while True:
                pass
        except BaseException:
            if not payload.get("deaf"):
                raise
`);
  const turning = () => ticks(() => printed.includes('turning'));

  it('loses its session, and no other one, when it takes too long', async () => {
    const askEndless = deployed('endless', endless);
    const askCount = deployed(
      'steady',
      program('def invoke(payload, seen=[]):\n    seen.append(1)\n    return len(seen)\n'),
    );
    await askCount();
    printed.length = 0;
    const outcome = expect(askEndless()).rejects.toMatchObject(FAILED);
    const waiting = askCount();
    await turning();

    clock.advance(LIMIT_MS);
    await outcome;

    expect(await waiting).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes the machine along when it does not let itself be interrupted; the next request gets another', async () => {
    const askEndless = deployed('endless', endless);
    const askNext = deployed('next', program('def invoke(payload):\n    return "well"\n'));
    printed.length = 0;
    const outcome = expect(askEndless({ deaf: true })).rejects.toMatchObject(FAILED);
    await turning();

    clock.advance(LIMIT_MS + GRACE_MS);
    await outcome;

    expect(await askNext()).toBe('well');
  });
});
