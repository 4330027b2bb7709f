import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AwsPlace } from '../../src/aws.js';
import { bucketOf } from '../../src/creator/bucket.js';
import { REMOVAL_JOB } from '../../src/creator/job.js';
import { creatorServices } from '../../src/creator-services.js';
import { startS3 } from '../../src/emulator/s3/server.js';
import { randomIds } from '../../src/ids.js';
import { createLog } from '../../src/log.js';
import { onServer } from '../store/on-server.js';
import { type OpenedStore, openFreshStore } from '../store/opened-store.js';
import { ADA, finishedJob, SOP } from './finished-job.js';

const ARN = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/loader-AbCdEf0123';
const ROLE = 'arn:aws:iam::123456789012:role/agents';

const NONE = {
  ...{ modelId: 'amazon.nova-pro-v1:0', metaAgentArn: undefined, bucket: undefined },
  ...{ loaderArn: undefined, baseZip: undefined, roleArn: undefined },
};

let opened: OpenedStore;
beforeAll(async () => {
  opened = await openFreshStore();
});
afterAll(() => opened.close());

const unused = () => Promise.reject(new Error('nobody asks for it here'));

function services(creator: Record<string, string>, s3: AwsPlace = {}) {
  const { store, clock } = opened;
  const queued: unknown[] = [];
  const made = creatorServices({
    config: {
      creator: { ...NONE, ...creator },
      modelId: 'amazon.nova-2-sonic-v1:0',
      logLevel: 'silent',
    },
    jobs: store.creatorJobs,
    queue: {
      async enqueue(...entry) {
        queued.push(entry);
      },
    },
    directory: store.directory,
    audit: store.audit,
    runtimes: { ask: unused, stop: unused, list: unused },
    tokens: { authorization: async () => undefined, rejected: () => undefined, close: () => undefined },
    places: { models: {}, agentCore: {}, s3 },
    rehearsals: [],
    ids: randomIds(),
    clock,
    log: createLog('silent'),
  });
  return { ...made, queued };
}

describe('AgentCreator as it is configured', () => {
  it.each([
    ['a bucket alone', {}],
    ['a base package without a role', { baseZip: 's3://agents/base.zip' }],
    ['a role without a base package', { roleArn: ROLE }],
  ])('refuses a job before anything is paid for with %s', async (_what, settings) => {
    const { ports, queued, close } = services({ bucket: 'agents', ...settings });
    const before = await opened.store.creatorJobs.list({ limit: 100 });

    await expect(ports.start({ sop: SOP }, ADA)).rejects.toMatchObject({
      code: 'CREATOR_NOT_CONFIGURED',
      message: expect.stringContaining('CREATOR_LOADER_ARN') as string,
    });
    await expect(ports.approve('none', ADA)).rejects.toMatchObject({ code: 'CREATOR_NOT_CONFIGURED' });
    await expect(ports.retry('none', ADA)).rejects.toMatchObject({ code: 'CREATOR_NOT_CONFIGURED' });
    close();

    expect(ports.whyNot).toContain('CREATOR_LOADER_ARN');
    expect(await opened.store.creatorJobs.list({ limit: 100 })).toEqual(before);
    expect(queued).toEqual([]);
  });

  it('still lets a job be cancelled that cannot be deployed any more', async () => {
    await finishedJob(opened.store.creatorJobs, { id: 'job-left', agentId: 'agent_left' });
    const { ports, close } = services({ bucket: 'agents' });

    expect(await ports.cancel('job-left', ADA)).toMatchObject({ state: 'cancelled' });
    close();
  });

  it.each([
    ['a loader', { loaderArn: ARN }],
    ['a base package and a role', { baseZip: 's3://agents/base.zip', roleArn: ROLE }],
  ])('takes a job with %s', async (_what, settings) => {
    const { ports, close } = services({ bucket: 'agents', ...settings });

    expect(await ports.start({ sop: SOP }, ADA)).toMatchObject({ state: 'queued' });
    expect(ports.whyNot).toBeUndefined();
    close();
  });
});

/** What a full disk answers to whoever enters something in the trail. */
const NO_ROOM = `
  CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$;
  CREATE TRIGGER no_room BEFORE INSERT ON audit_entries EXECUTE FUNCTION no_room()`;

describe('the work that clears away what a forgotten job has written', () => {
  it('enters in the trail, whatever the store does meanwhile, what it has deleted', async () => {
    const s3 = await startS3({ buckets: ['agents'] });
    const { url: endpoint, region, credentials } = s3;
    const place = { endpoint, region, credentials };
    const never = new AbortController().signal;
    const bucket = bucketOf(place, 'agents');
    for (const name of ['agent.py', 'manifest.json']) await bucket.write(`ada/agent_1/1/${name}`, 'x', 'absent', never);
    const { handlers, close } = services({ bucket: 'agents', loaderArn: ARN }, place);
    const left = { jobId: 'job-9', owner: 'ada', agentId: 'agent_1', version: 1, bucket: 'agents' };

    await onServer(opened.url, NO_ROOM);
    await handlers[REMOVAL_JOB]!.run(left, never);
    expect(s3.objects('agents').size).toBe(0);
    await onServer(opened.url, 'DROP TRIGGER no_room ON audit_entries');

    const entries = () => opened.store.audit.list({ subject: 'creator-job/job-9' }, { limit: 10 });
    await expect
      .poll(async () => (await entries()).items, { timeout: 20_000 })
      .toEqual([
        expect.objectContaining({
          action: 'creator-job.files-removed',
          before: { bucket: 'agents', prefix: 'ada/agent_1/1/', files: 2 },
        }),
      ]);
    bucket.close();
    close();
    await s3.close();
  });
});
