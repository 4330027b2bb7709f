import { expect, it, onTestFinished, vi } from 'vitest';
import { startAgentCore } from '../../src/emulator/agentcore/server.js';
import { author } from '../../src/emulator/models/author/author.js';
import { startModels } from '../../src/emulator/models/server.js';
import type { S3Emulator } from '../../src/emulator/s3/contract.js';
import { startS3 } from '../../src/emulator/s3/server.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { procedure } from '../emulator/author/procedures.js';
import { onServer } from '../store/on-server.js';
import { freshDatabase } from '../store/postgres.js';
import { type BridgeProcess, startProcess } from '../wire/process.js';

const NUMBER = '+14155550177';
const LOADER_ARN = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/loader-0123456789';

/** Bridges of one database, bucket, model and runtime. */
async function site() {
  const [database, models, s3, core] = await Promise.all([
    freshDatabase(),
    startModels({ converse: author() }),
    startS3({ buckets: ['agents'] }),
    startAgentCore({ runtimes: [{ arn: LOADER_ARN, answer: () => ({ json: { result: 'Yes.' } }) }] }),
  ]);
  onTestFinished(async () => {
    await Promise.all([models.close(), s3.close(), core.close()]);
    await database.drop();
  });
  const start = async () => {
    const dataDir = await temporaryDataDir();
    onTestFinished(dataDir.remove);
    return startProcess(dataDir.path, {
      ...{ DATABASE_URL: database.url, CREATOR_BUCKET: 'agents', CREATOR_LOADER_ARN: LOADER_ARN },
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: models.url,
      AWS_ENDPOINT_URL_S3: s3.url,
      AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: core.url,
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    });
  };
  /** What is lent to a process that died is due again, as when its lease has run out. */
  const leaseRunsOut = () =>
    onServer(
      database.url,
      "UPDATE jobs SET due_at = now() WHERE state = 'waiting'; SELECT pg_notify('oratio_jobs', '')",
    );
  return { s3, start, leaseRunsOut };
}

/** Resolves with the job in that state. */
const inState = (bridge: BridgeProcess, id: string, state: string) =>
  vi.waitFor(
    async () => {
      const { body } = await bridge.api('GET', `/creator/jobs/${id}`);
      if (body.state !== state) throw new Error(`it is ${body.state}: ${body.reason}`);
      return body;
    },
    { interval: 100, timeout: 90_000 },
  );
const latestIn = (s3: S3Emulator) => [...s3.objects('agents').keys()].filter((key) => key.endsWith('/latest'));

it('an agent whose bridge is killed while it is published is not half there, and another bridge publishes it once', {
  timeout: 240_000,
}, async () => {
  const { s3, start, leaseRunsOut } = await site();
  const one = await start();
  const { body: job } = await one.api('POST', '/creator/jobs', {
    ...{ sop: procedure('troubled/loyalty-credits'), number: NUMBER },
  });
  await inState(one, job.id, 'awaiting_approval');

  const heal = s3.failNext(
    { kind: 'hang' },
    Number.POSITIVE_INFINITY,
    ({ method, key }) => method === 'PUT' && key.endsWith('/latest'),
  );
  expect((await one.api('POST', `/creator/jobs/${job.id}/approve`)).status).toBeLessThan(300);
  await vi.waitFor(
    () => expect(s3.requests.some(({ method, key }) => method === 'PUT' && key.endsWith('/latest'))).toBe(true),
    { timeout: 60_000 },
  );
  await one.end('SIGKILL');
  const other = await start();
  expect(latestIn(s3)).toEqual([]);
  expect((await other.api('GET', `/agents/${job.agentId}`)).status).toBe(404);
  expect((await other.api('GET', `/numbers/${NUMBER}`)).status).toBe(404);

  heal();
  await leaseRunsOut();
  const { published } = await inState(other, job.id, 'published');
  expect(published).toMatchObject({ agentVersion: 1, number: NUMBER });
  expect(latestIn(s3)).toHaveLength(1);
  expect((await other.api('GET', `/agents/${job.agentId}/versions`)).body.items).toHaveLength(1);
  expect((await other.api('GET', `/numbers/${NUMBER}`)).body).toMatchObject({ agentId: job.agentId });
  expect(await other.end('SIGTERM')).toBe(0);
});
