import { type ChildProcess, fork } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../src/clock.js';
import { checkedInput } from '../../src/creator/intake.js';
import { separateHandler } from '../../src/creator/separate-handler.js';
import type { MakingProcessStart } from '../../src/creator-process.js';
import { author } from '../../src/emulator/models/author/author.js';
import { type ModelsEmulator, startModels } from '../../src/emulator/models/server.js';
import type { S3Emulator } from '../../src/emulator/s3/contract.js';
import { startS3 } from '../../src/emulator/s3/server.js';
import { createLog } from '../../src/log.js';
import { storedCreatorJobs } from '../../src/store/creator-jobs.js';
import { connectDatabase } from '../../src/store/database.js';
import { builtProcess } from '../built-process.js';
import { procedure } from '../emulator/author/procedures.js';
import { freshDatabase } from '../store/postgres.js';
import { ACTOR } from './rig.js';

const closing: (() => unknown)[] = [];
let children: ChildProcess[];
let models: ModelsEmulator;
let jobs: ReturnType<typeof storedCreatorJobs>;
let handler: ReturnType<typeof separateHandler>;

beforeEach(async () => {
  children = [];
  const fresh = await freshDatabase();
  const clock = realClock();
  const database = connectDatabase({ url: fresh.url, clock, log: createLog('silent'), maxConnections: 4 });
  jobs = storedCreatorJobs({ database, clock });
  models = await startModels({ converse: author() });
  const s3 = await startS3({ buckets: ['agents'] });
  const place = ({ url: endpoint, region, credentials }: ModelsEmulator | S3Emulator) => ({
    endpoint,
    region,
    credentials,
  });
  const modelId = 'amazon.nova-pro-v1:0';
  const order: MakingProcessStart = {
    ...{ kind: 'start', databaseUrl: fresh.url, logLevel: 'silent' },
    settings: { voiceModelId: 'amazon.nova-2-sonic-v1:0', modelId, bucket: 'agents', metaAgentArn: undefined },
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
    jobs.onChanged(async (id) => {
      const job = await jobs.find(id);
      if (isKilled || !job?.stages.some(({ stage }) => stage === 'write-code')) return;
      isKilled = true;
      children[0]?.kill('SIGKILL');
    });

    await expect(run('killed')).rejects.toThrow('has ended');
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
});
