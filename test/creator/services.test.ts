import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { creatorServices } from '../../src/creator-services.js';
import { randomIds } from '../../src/ids.js';
import { createLog } from '../../src/log.js';
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

function services(creator: Record<string, string>) {
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
    places: { models: {}, agentCore: {}, s3: {} },
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
