import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../src/clock.js';
import { bucketOf } from '../../src/creator/bucket.js';
import { checkedInput } from '../../src/creator/intake.js';
import { separateHandler } from '../../src/creator/separate-handler.js';
import type { MakingProcessStart } from '../../src/creator-process.js';
import { author } from '../../src/emulator/models/author/author.js';
import { type ModelsEmulator, startModels } from '../../src/emulator/models/server.js';
import type { S3Emulator } from '../../src/emulator/s3/contract.js';
import { startS3 } from '../../src/emulator/s3/server.js';
import { zipOf } from '../../src/fixture-maker/zip.js';
import { createLog } from '../../src/log.js';
import { storedCreatorJobs } from '../../src/store/creator-jobs.js';
import { connectDatabase } from '../../src/store/database.js';
import { builtProcess } from '../built-process.js';
import { procedure } from '../emulator/author/procedures.js';
import { type FreshDatabase, freshDatabase } from '../store/postgres.js';
import { finishedJob } from './finished-job.js';
import { ACTOR } from './rig.js';

const closing: (() => unknown)[] = [];
let children: ChildProcess[];
let models: ModelsEmulator;
let s3: S3Emulator;
let fresh: FreshDatabase;
let jobs: ReturnType<typeof storedCreatorJobs>;
let handler: ReturnType<typeof separateHandler>;

beforeEach(async () => {
  children = [];
  fresh = await freshDatabase();
  const clock = realClock();
  const database = connectDatabase({ url: fresh.url, clock, log: createLog('silent'), maxConnections: 4 });
  jobs = storedCreatorJobs({ database, clock });
  models = await startModels({ converse: author() });
  s3 = await startS3({ buckets: ['agents'] });
  const folder = await mkdtemp(join(tmpdir(), 'base-'));
  const baseZip = join(folder, 'base.zip');
  await writeFile(baseZip, zipOf(new Map([['bedrock_agentcore/__init__.py', '']]), new Date('2026-01-01')));
  const place = ({ url: endpoint, region, credentials }: ModelsEmulator | S3Emulator) => ({
    endpoint,
    region,
    credentials,
  });
  const modelId = 'amazon.nova-pro-v1:0';
  const order: MakingProcessStart = {
    ...{ kind: 'start', databaseUrl: fresh.url, logLevel: 'silent' },
    settings: {
      voiceModelId: 'amazon.nova-2-sonic-v1:0',
      modelId,
      bucket: 'agents',
      metaAgentArn: undefined,
      baseZip,
    },
    places: { models: place(models), agentCore: {}, s3: place(s3) },
  };
  handler = separateHandler({
    clock,
    start() {
      const child = fork(builtProcess('src/creator-process.ts'), { execArgv: [], serialization: 'advanced' });
      children.push(child);
      child.send(order);
      return child;
    },
  });
  closing.push(
    () => handler.close(),
    () => models.close(),
    () => s3.close(),
    () => database.close(),
    () => fresh.drop(),
    () => rm(folder, { recursive: true }),
  );
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const start = async (id: string) => {
  const { input, sopSha256 } = checkedInput({ sop: procedure('troubled/loyalty-credits') });
  const times = { createdAt: '2026-01-01T00:00:00.000Z', baseVersion: null };
  await jobs.create({ id, input, sopSha256, actor: ACTOR, owner: 'ada', agentId: id, ...times });
};
const run = (jobId: string) => handler.run({ jobId }, new AbortController().signal);

/** Python's checker and two processes of TypeScript come up; machines that run all tests at once are slow. */
describe('the process that makes agents', { timeout: 180_000 }, () => {
  it('brings a job to where it waits for an approval; killed in the middle, another one goes on where it was', async () => {
    await start('killed');
    let isKilled = false;
    const looks: Promise<void>[] = [];
    const look = async (id: string) => {
      const job = await jobs.find(id);
      if (isKilled || !job?.stages.some(({ stage }) => stage === 'write-code')) return;
      isKilled = true;
      children[0]?.kill('SIGKILL');
    };
    const leave = jobs.onChanged((id) => looks.push(look(id)));

    await expect(run('killed')).rejects.toThrow('has ended');
    leave();
    await Promise.all(looks);
    const before = (await jobs.find('killed'))!.stages.filter(({ state }) => state === 'done');
    await run('killed');

    const { state, reason, stages } = (await jobs.find('killed'))!;
    expect([state, reason]).toEqual(['awaiting_approval', null]);
    expect(stages.slice(0, before.length)).toEqual(before);
    expect(stages.map(({ seq }) => seq)).toEqual(stages.map((_, index) => index + 1));
    expect(children).toHaveLength(2);
    // Nothing that was finished is paid for again.
    expect(models.conversations.filter(({ forcedTool }) => forcedTool === 'submit_requirements')).toHaveLength(1);
  });

  it('does all that is done with the bucket: points to a version, makes its package, clears away what is left', async () => {
    const never = new AbortController().signal;
    const bucket = bucketOf({ endpoint: s3.url, region: s3.region, credentials: s3.credentials }, 'agents');
    closing.unshift(() => bucket.close());
    const { id, owner, agentId } = await finishedJob(jobs, { id: 'job-1' });
    const prefix = (version: number) => `${owner}/${agentId}/${version}/`;
    for (const version of [1, 2]) await bucket.write(`${prefix(version)}manifest.json`, '{}', 'absent', never);
    const name = (version: number) => ({ owner, agentId, version });

    await handler.carryOut({ kind: 'point', version: name(1) }, never);
    expect(String(s3.objects('agents').get(`${owner}/${agentId}/latest`)?.body)).toContain('"version":1');
    await handler.carryOut({ kind: 'point', version: name(2) }, never);
    expect(await handler.carryOut({ kind: 'unpoint', version: name(2) }, never)).toBe(true);
    expect(String(s3.objects('agents').get(`${owner}/${agentId}/latest`)?.body)).toContain('"version":1');
    await expect(handler.carryOut({ kind: 'point', version: name(3) }, never)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'Version 3 of the agent is not in the bucket agents.',
    });

    const key = await handler.carryOut({ kind: 'package', jobId: id, bucket: 'agents', prefix: prefix(2) }, never);
    expect(key).toMatch(/^ada\/agent_new\/2\/package-[0-9a-f]{16}\.zip$/);
    expect(s3.objects('agents').has(String(key))).toBe(true);

    const remove = (version: number) =>
      handler.carryOut({ kind: 'remove', left: { jobId: id, ...name(version), bucket: null } }, never);
    expect(await remove(1)).toBeUndefined();
    expect(await remove(2)).toEqual({ bucket: 'agents', prefix: prefix(2), files: 2 });
    expect([...s3.objects('agents').keys()].sort()).toEqual([
      `${prefix(1)}manifest.json`,
      `${owner}/${agentId}/latest`,
    ]);
    expect(children).toHaveLength(1);
  });
});
