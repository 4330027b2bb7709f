import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { creatorCheck } from '../../src/doctor/creator.js';
import { type AgentCoreEmulator, startAgentCore } from '../../src/emulator/agentcore/server.js';
import { type ModelsEmulator, startModels } from '../../src/emulator/models/server.js';
import type { S3Emulator } from '../../src/emulator/s3/contract.js';
import { startS3 } from '../../src/emulator/s3/server.js';
import { findingsOf, installation, temporaryDirectory } from './rig.js';

const ARN = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/';
const LOADER = `${ARN}loader-AbCdEf0123`;
const META = `${ARN}creator-AbCdEf0123`;
const SLOW = `${ARN}slow-AbCdEf0123`;
const ROLE = 'arn:aws:iam::123456789012:role/agents';
const ALL = { CREATOR_BUCKET: 'agents', CREATOR_LOADER_ARN: LOADER, AGENT_CREATOR_RUNTIME_ARN: META };
const OWN = { CREATOR_BUCKET: 'agents', CREATOR_ROLE_ARN: ROLE };

let core: AgentCoreEmulator;
let models: ModelsEmulator;
let s3: S3Emulator;
let files: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  const answer = () => ({ json: 'asked' });
  core = await startAgentCore({
    runtimes: [
      { arn: LOADER, answer },
      { arn: META, answer },
      { arn: SLOW, answer, status: 'CREATING' },
      { arn: `${ARN}broken-AbCdEf0123`, answer, status: 'UPDATE_FAILED' },
    ],
  });
  models = await startModels({ converse: () => ({ text: 'Hello', stopReason: 'max_tokens' }) });
  s3 = await startS3({ buckets: ['agents', 'packages'] });
  files = await temporaryDirectory();
});
afterAll(async () => {
  await core.close();
  await models.close();
  await s3.close();
  await files.remove();
});

function look(environment: Record<string, string>) {
  const placeOf = ({ url: endpoint, region, credentials }: AgentCoreEmulator | ModelsEmulator | S3Emulator) => ({
    ...{ endpoint, region, credentials },
  });
  const places = { agentCore: placeOf(core), models: placeOf(models) };
  return findingsOf(creatorCheck(installation(environment, { places, s3: placeOf(s3) })));
}

/** The one line that is no good, and that it is no more than a warning. */
async function troubleOf(environment: Record<string, string>) {
  const troubles = (await look(environment)).filter(({ state }) => state !== 'ok');
  expect(troubles).toHaveLength(1);
  expect(troubles[0]).toMatchObject({ state: 'warning', advice: expect.stringContaining('Calls are answered') });
  return troubles[0]!;
}

describe('AgentCreator', () => {
  it('is not looked at where it is not set up', async () => {
    expect(await look({})).toMatchObject([{ state: 'skipped', says: expect.stringContaining('CREATOR_BUCKET') }]);
  });

  it('is in order where its bucket, its model, its loader and its runtime are, and nothing of it is changed', async () => {
    const [fromS3, fromCore] = [s3.requests.length, core.requests.length];
    const findings = await look(ALL);

    expect(findings.map(({ state, says }) => [state, says])).toEqual([
      ['ok', expect.stringContaining('s3://agents/ can be listed and read; writing is not tried')],
      ['ok', 'amazon.nova-pro-v1:0 answers'],
      ['ok', 'the runtime loader-AbCdEf0123 (CREATOR_LOADER_ARN) is ready'],
      ['ok', 'the runtime creator-AbCdEf0123 (AGENT_CREATOR_RUNTIME_ARN) is ready'],
    ]);
    expect(models.conversations.at(-1)?.body).toMatchObject({ inferenceConfig: { maxTokens: 1 } });
    expect(s3.requests.slice(fromS3).map(({ operation }) => operation)).toEqual(['ListObjectsV2', 'HeadObject']);
    expect(core.requests.slice(fromCore).every(({ operation }) => operation === 'GetAgentRuntime')).toBe(true);
  });

  it.each([
    ['may not be listed', 403, 'AccessDenied', 'may not list s3://agents/', 's3:PutObject'],
    ['is gone', 404, 'NoSuchBucket', 'there is no bucket agents', 'correct CREATOR_BUCKET'],
    ['is elsewhere', 301, 'PermanentRedirect', 'is in another region', 'Use a bucket'],
  ])('whose bucket %s is a warning', async (_what, status, code, says, advice) => {
    s3.failNext({ kind: 'error', status, code, message: 'words of S3' }, 1);
    const trouble = await troubleOf(ALL);

    expect(trouble.says).toContain(says);
    expect(trouble.advice).toContain(advice);
  });

  it('whose objects may not be read is a warning', async () => {
    s3.failNext(
      { kind: 'error', status: 403, code: 'AccessDenied', message: 'no' },
      1,
      (asked) => asked.method === 'HEAD',
    );

    expect(await troubleOf(ALL)).toMatchObject({
      says: 'these credentials may not read s3://agents/',
      advice: expect.stringContaining('s3:GetObject'),
    });
  });

  it.each([
    ['may not be used', 403, 'AccessDeniedException', 'User: x is not authorized', 'Allow bedrock:InvokeModel'],
    ['is not enabled', 403, 'AccessDeniedException', "You don't have access to the model", 'Model access'],
    ['is not there', 400, 'ValidationException', 'The provided model identifier is invalid.', 'CREATOR_MODEL_ID'],
    ['has no room', 429, 'ThrottlingException', 'Too many requests', 'quotas'],
  ])('whose model %s is a warning', async (_what, status, type, message, advice) => {
    // What was throttled is asked once more.
    models.failNext({ kind: 'http', status, type, message }, status === 429 ? 2 : 1);

    expect((await troubleOf(ALL)).advice).toContain(advice);
  });

  it.each([
    ['CREATOR_LOADER_ARN', 'missing', /no such thing as the runtime missing/, /^Correct CREATOR_LOADER_ARN/],
    ['CREATOR_LOADER_ARN', 'slow', /is CREATING, and not READY$/, /^Ask again in a minute/],
    ['CREATOR_LOADER_ARN', 'broken', /is UPDATE_FAILED, and not READY$/, /deploy it again, or correct CREATOR_LOADER/],
    ['AGENT_CREATOR_RUNTIME_ARN', 'missing', /runtime missing-\w+ \(AGENT/, /^Correct AGENT_CREATOR_RUNTIME_ARN/],
  ])('whose %s leads to a runtime that is %s is a warning', async (variable, name, says, advice) => {
    const trouble = await troubleOf({ ...ALL, [variable]: `${ARN}${name}-AbCdEf0123` });

    expect(trouble.says).toMatch(says);
    expect(trouble.advice).toMatch(advice);
  });

  it('whose runtimes may not be looked at is a warning', async () => {
    core.failNext(
      { kind: 'http', status: 403, type: 'AccessDeniedException', message: 'User: x is not authorized' },
      1,
    );

    expect((await troubleOf({ CREATOR_BUCKET: 'agents', CREATOR_LOADER_ARN: LOADER })).advice).toContain(
      `Allow bedrock-agentcore:GetAgentRuntime on ${LOADER}`,
    );
  });

  it('that nothing deploys for is a warning', async () => {
    expect(await troubleOf({ CREATOR_BUCKET: 'agents' })).toMatchObject({
      says: 'nothing deploys the agents that it writes',
      advice: expect.stringContaining('Set CREATOR_LOADER_ARN, or CREATOR_BASE_ZIP and CREATOR_ROLE_ARN.'),
    });
  });

  it('makes runtimes of a package that can be read, on disk or in a bucket', async () => {
    const path = join(files.path, 'base.zip');
    await writeFile(path, 'zip');
    const { url: endpoint, region, credentials } = s3;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    await client.send(new PutObjectCommand({ Bucket: 'packages', Key: 'base.zip', Body: 'zip' }));
    client.destroy();

    for (const zip of [path, 's3://packages/base.zip']) {
      const findings = await look({ ...OWN, CREATOR_BASE_ZIP: zip });
      expect(findings.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok']);
      expect(findings[2]?.says).toContain(`${zip} can be read`);
      expect(findings[2]?.says).toContain(`iam:PassRole on ${ROLE}`);
    }
  });

  it('whose package is not there, is a folder, or may not be read is a warning', async () => {
    expect((await troubleOf({ ...OWN, CREATOR_BASE_ZIP: join(files.path, 'no.zip') })).says).toContain('ENOENT');
    expect((await troubleOf({ ...OWN, CREATOR_BASE_ZIP: files.path })).says).toContain('is no file');
    expect(await troubleOf({ ...OWN, CREATOR_BASE_ZIP: 's3://packages/no.zip' })).toMatchObject({
      says: 'there is no s3://packages/no.zip',
      advice: expect.stringContaining('Upload the package'),
    });
    s3.failNext(
      { kind: 'error', status: 403, code: 'AccessDenied', message: 'no' },
      1,
      ({ bucket }) => bucket === 'packages',
    );
    expect((await troubleOf({ ...OWN, CREATOR_BASE_ZIP: 's3://packages/base.zip' })).advice).toContain(
      'Allow s3:GetObject on arn:aws:s3:::packages/base.zip',
    );
  });
});
