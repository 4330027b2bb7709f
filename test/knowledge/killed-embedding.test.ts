import { expect, it, onTestFinished, vi } from 'vitest';
import { startKnowledgeBases } from '../../src/emulator/knowledge-bases/server.js';
import { startModels } from '../../src/emulator/models/server.js';
import { startS3Vectors } from '../../src/emulator/vectors/server.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { startProcess } from '../wire/process.js';
import { ROLE_ARN } from './rig.js';

const INDEX = { vectorBucketName: 'documents', indexName: 'direct', dimensions: 256 };
const DOCUMENT = {
  name: 'returns.md',
  documentId: 'returns',
  mediaType: 'text/markdown',
  content: { text: '# Returns\nYou can send goods back within thirty days.\n' },
};
const SOON = { interval: 100, timeout: 90_000 };

/** Bridges that follow each other on the database that they bring, and the services that documents go to. */
async function site() {
  const [dataDir, models, vectors] = await Promise.all([temporaryDataDir(), startModels(), startS3Vectors()]);
  const bases = await startKnowledgeBases({
    vectors,
    async *objects() {
      yield { key: 'lamps.md', body: 'A refund takes five days.' };
    },
    // Long enough to be killed in.
    delays: { creatingMs: 1, startingMs: 3000, perDocumentMs: 1 },
  });
  onTestFinished(async () => {
    await Promise.all([models, vectors, bases].map((server) => server.close()));
    await dataDir.remove();
  });
  const start = () =>
    startProcess(dataDir.path, {
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: models.url,
      AWS_ENDPOINT_URL_S3VECTORS: vectors.url,
      AWS_ENDPOINT_URL_BEDROCK_AGENT: bases.url,
      AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME: bases.url,
      AWS_ACCESS_KEY_ID: models.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: models.credentials.secretAccessKey,
    });
  return { models, bases, start };
}

it('a document that is embedded and an ingestion that is followed when the bridge is killed both come to their end with the next one', {
  timeout: 240_000,
}, async () => {
  const { models, bases, start } = await site();
  const one = await start();
  expect((await one.api('POST', '/indexes', INDEX)).status).toBe(201);
  const { body: base } = await one.api('POST', '/knowledge-bases', {
    name: 'manuals',
    roleArn: ROLE_ARN,
    storage: { kind: 'S3_VECTORS', vectorBucketName: 'documents', indexName: 'manuals' },
  });
  const { body: source } = await one.api('POST', `/knowledge-bases/${base.id}/sources`, {
    name: 'lamps',
    bucketArn: 'arn:aws:s3:::manuals',
  });
  models.failNext({ kind: 'hang' });
  const embedding = models.nextRequest();
  const put = await one.api('POST', '/indexes/documents/direct/documents', DOCUMENT);
  expect(put.status).toBe(202);
  await embedding;
  const ingestion = await one.api('POST', `/knowledge-bases/${base.id}/ingestions`, { sourceId: source.id });
  expect(ingestion).toMatchObject({ status: 202, body: { status: 'STARTING' } });
  await one.end('SIGKILL');

  const other = await start();
  const state = async () => (await other.api('GET', '/indexes/documents/direct/documents/returns')).body.state;
  const ended = async () => {
    const { items } = (await other.api('GET', '/audit?limit=100')).body;
    return items.filter(({ action }: { action: string }) => action === 'knowledge-base.ingested').length;
  };
  await vi.waitFor(async () => {
    expect([await state(), await ended()]).toEqual(['stored', 1]);
  }, SOON);

  const found = await other.api('POST', '/indexes/documents/direct/query', { text: 'send goods back' });
  expect(found.body.passages).toMatchObject([{ source: 'returns.md' }]);
  const starts = bases.requests.filter(({ operation }) => operation === 'StartIngestionJob');
  expect(starts).toHaveLength(1);
  expect(await other.end('SIGTERM')).toBe(0);
});
