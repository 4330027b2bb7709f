import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { bucketOf } from '../../src/creator/bucket.js';
import { runtimeName } from '../../src/creator/deployment/runtime-name.js';
import { type CreatorJobs, REMOVAL_JOB } from '../../src/creator/job.js';
import { leftVersionSchema, type VersionRemoval, versionRemoval } from '../../src/creator/removal.js';
import type { S3Emulator } from '../../src/emulator/s3/contract.js';
import { startS3 } from '../../src/emulator/s3/server.js';
import { createLog } from '../../src/log.js';
import { storedCreatorJobs } from '../../src/store/creator-jobs.js';
import { CREATOR_JOB_DAYS, retainCreatorJobs } from '../../src/store/creator-retention.js';
import { connectDatabase, type Database } from '../../src/store/database.js';
import { storedJobs } from '../../src/store/jobs.js';
import { onServer } from '../store/on-server.js';
import { type FreshDatabase, freshDatabase } from '../store/postgres.js';
import { finishedJob } from './finished-job.js';
import { NEVER } from './written-agent.js';

const AGENT = 'agent_1';
const PREFIX = `ada/${AGENT}/`;

let fresh: FreshDatabase;
let database: Database;
let clock: FakeClock;
let jobs: CreatorJobs;
let s3: S3Emulator;
let removal: VersionRemoval;

beforeEach(async () => {
  fresh = await freshDatabase();
  clock = new FakeClock();
  const log = createLog('silent');
  database = connectDatabase({ url: fresh.url, clock, log, maxConnections: 4 });
  jobs = storedCreatorJobs({ database, clock });
  s3 = await startS3({ buckets: ['agents', 'others'] });
  const { url: endpoint, region, credentials } = s3;
  removal = versionRemoval({ place: { endpoint, region, credentials }, bucket: 'others', jobs, log });
});
afterEach(async () => {
  await database.close();
  await s3.close();
  await fresh.drop();
});

async function put(...keys: string[]): Promise<void> {
  for (const key of keys) await putAs(key, key.endsWith('/latest') ? '{"version":2,"sha256":"x"}' : 'x');
}
async function putAs(key: string, body: string, name = 'agents'): Promise<void> {
  const { url: endpoint, region, credentials } = s3;
  const bucket = bucketOf({ endpoint, region, credentials }, name);
  await bucket.write(key, body, 'absent', NEVER);
  bucket.close();
}
const written = (version: number) =>
  ['agent.py', 'manifest.json', 'package-1.zip'].map((name) => `${PREFIX}${version}/${name}`);
const kept = () => [...s3.objects('agents').keys()].sort();
const remove = (version: number, bucket: string | null = 'agents') =>
  removal.remove({ jobId: 'job-1', owner: 'ada', agentId: AGENT, version, bucket }, NEVER);
const keptJobs = async () => (await jobs.list({ limit: 10 })).items.map(({ id }) => id).sort();

/** An agent of the directory that has this tool, in a version that is not its latest. */
async function enteredTool(tool: object): Promise<void> {
  await onServer(
    fresh.url,
    `INSERT INTO agents (id, latest_version, created_in) VALUES ('other', 2, 1);
     INSERT INTO agent_versions (agent_id, version, input, created_at, created_by)
       VALUES ('other', 1, '${JSON.stringify({ tools: [{ kind: 'hang-up' }, { kind: 'agentcore', ...tool }] })}', now(), 'Ada')`,
  );
}

describe('what a job has written', () => {
  it('is deleted and told, its manifest first, and nothing beside it', async () => {
    await put(...written(1), ...written(11), `${PREFIX}latest`, `ada/${AGENT}x/1/agent.py`, `bob/${AGENT}/1/agent.py`);
    const before = s3.requests.length;

    const removed = await remove(1);

    expect(kept()).toEqual(
      [...written(11), `${PREFIX}latest`, `ada/${AGENT}x/1/agent.py`, `bob/${AGENT}/1/agent.py`].sort(),
    );
    const deleted = s3.requests.slice(before).filter(({ method }) => method === 'DELETE');
    expect(deleted[0]?.key).toBe(`${PREFIX}1/manifest.json`);
    expect(removed).toEqual({ bucket: 'agents', prefix: `${PREFIX}1/`, files: 3 });
    await remove(1);
    expect(kept()).toHaveLength(4 + 2);
  });

  it('is looked for in the bucket of today when nobody knows which it was', async () => {
    await putAs(`${PREFIX}1/agent.py`, 'x', 'others');
    await remove(1, null);
    expect(s3.objects('others').size).toBe(0);
  });

  it('is deleted to its end when the bucket failed in between, and the failure is told', async () => {
    await put(...written(1));
    const fault = { kind: 'error', status: 403, code: 'AccessDenied', message: 'Access Denied' } as const;
    s3.failNext(fault, 1, ({ method, key }) => method === 'DELETE' && key.endsWith('.zip'));
    await expect(remove(1)).rejects.toMatchObject({
      code: 'AWS_REFUSED',
      message: expect.stringContaining('s3:DeleteObject on arn:aws:s3:::agents/*'),
    });
    expect(kept()).toEqual([`${PREFIX}1/package-1.zip`]);

    await remove(1);
    expect(kept()).toEqual([]);
  });

  it.each([
    ['latest names it', `${PREFIX}latest`, '{"version":1,"sha256":"x"}'],
    ['latest cannot be read', `${PREFIX}latest`, 'version one'],
  ])('is kept when %s', async (_why, key, body) => {
    await put(...written(1));
    await putAs(key, body);
    expect(await remove(1)).toBeUndefined();
    expect(kept()).toEqual([...written(1), key].sort());
  });

  it.each([
    ['sends its version to the loader', { payload: { agent_id: AGENT, user_id: 'ada', version: 1 } }],
    ['sends it as text', { payload: { agent_id: AGENT, user_id: 'ada', version: '1' } }],
    [
      'asks its own runtime',
      {
        agentRuntimeArn: `arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/${runtimeName({ owner: 'ada', agentId: AGENT, version: 1 })}-AbCdEf0123`,
      },
    ],
  ])('is kept when any version of any agent %s', async (_what, tool) => {
    await put(...written(1));
    await enteredTool(tool);
    await remove(1);
    expect(kept()).toEqual(written(1));
  });

  it('is not kept for what names another version, agent or owner', async () => {
    await put(...written(1));
    await enteredTool({
      agentRuntimeArn: `arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/${runtimeName({ owner: 'ada', agentId: AGENT, version: 11 })}-AbCdEf0123`,
      payload: { agent_id: AGENT, user_id: 'bob', version: 1 },
    });
    await remove(1);
    expect(kept()).toEqual([]);
  });
});

describe('jobs that expire', () => {
  const expire = async () => {
    clock.advance((CREATOR_JOB_DAYS + 1) * 86_400_000);
    await retainCreatorJobs({ database, clock });
    const queue = storedJobs({ database, clock });
    const claimed = await queue.claim([REMOVAL_JOB], 10, 1000);
    return claimed.map(({ payload }) => leftVersionSchema.parse(payload));
  };

  it('leave the order to clear away what they have written, and where', async () => {
    const { id } = await finishedJob(jobs, { id: 'job-1', agentId: AGENT });
    await jobs.move(id, ['awaiting_approval'], 'cancelled');
    await finishedJob(jobs, { id: 'waits', agentId: 'agent_2' });

    expect(await expire()).toEqual([{ jobId: 'job-1', owner: 'ada', agentId: AGENT, version: 1, bucket: 'agents' }]);
    expect(await keptJobs()).toEqual(['waits']);
  });

  it('leave none when they have written nothing', async () => {
    const { id } = await jobs.create({
      ...{ id: 'job-1', input: { sop: 'Greet.' }, sopSha256: 'ab', owner: 'ada', agentId: AGENT, baseVersion: null },
      ...{ actor: { id: 'a', name: 'Ada', role: 'admin' }, createdAt: '2026-01-01T00:00:00.000Z' },
    });
    await jobs.move(id, ['queued'], 'cancelled');

    expect(await expire()).toEqual([]);
    expect(await keptJobs()).toEqual([]);
  });
});
