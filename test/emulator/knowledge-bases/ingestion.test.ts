import {
  DeleteDataSourceCommand,
  ListIngestionJobsCommand,
  StartIngestionJobCommand,
} from '@aws-sdk/client-bedrock-agent';
import { describe, expect, it } from 'vitest';
import { connectToBase, DOCUMENTS, refusal } from './place.js';

describe('an ingestion job', () => {
  it('passes through its states on the clock, document by document', async () => {
    const { start, job, clock, index } = await connectToBase();
    const id = await start();
    const stateAfter = async (ms: number) => {
      clock.advance(ms);
      const { status, statistics } = (await job(id))!;
      return [status, statistics?.numberOfNewDocumentsIndexed, index.size];
    };

    expect(await stateAfter(0)).toEqual(['STARTING', 0, 0]);
    expect(await stateAfter(1000)).toEqual(['IN_PROGRESS', 0, 0]);
    expect(await stateAfter(200)).toEqual(['IN_PROGRESS', 1, 1]);
    expect(await stateAfter(400)).toEqual(['IN_PROGRESS', 3, 3]);
    expect(await stateAfter(200)).toEqual(['COMPLETE', 3, 3]);
    expect((await job(id))?.updatedAt).toEqual(new Date('2026-01-01T00:00:03.800Z'));
  });

  it('stores every chunk with its text and where it is from', async () => {
    const { ingest, index, ids } = await connectToBase();

    const done = await ingest();

    expect(done?.statistics).toMatchObject({ numberOfDocumentsScanned: 3, numberOfNewDocumentsIndexed: 3 });
    expect(done?.failureReasons).toEqual([]);
    const stored = index.list({ limit: 10 }).vectors.map(({ metadata }) => metadata);
    expect(stored).toContainEqual({
      lang: 'en',
      'x-amz-bedrock-kb-source-uri': 's3://help-pages/help/hours.txt',
      'x-amz-bedrock-kb-data-source-id': ids.dataSourceId,
      'x-amz-bedrock-kb-source-file-modality': 'TEXT',
      AMAZON_BEDROCK_TEXT: DOCUMENTS[1]?.body,
      AMAZON_BEDROCK_METADATA: JSON.stringify({
        source: { sourceType: 'S3', sourceLocation: 's3://help-pages/help/hours.txt' },
      }),
    });
    expect(stored.map((metadata) => metadata.AMAZON_BEDROCK_TEXT)).toContainEqual(
      expect.stringMatching(/^Shipping\s+Parcels arrive in two days & are tracked\.$/),
    );
  });

  it('cuts long documents as its source says', async () => {
    const fixedSizeChunkingConfiguration = { maxTokens: 40, overlapPercentage: 10 };
    const { ingest, index, bucket } = await connectToBase({
      source: {
        vectorIngestionConfiguration: {
          chunkingConfiguration: { chunkingStrategy: 'FIXED_SIZE', fixedSizeChunkingConfiguration },
        },
      },
    });
    bucket.objects = [{ key: 'help/long.txt', body: 'Each of these sentences has nine words and ends. '.repeat(20) }];

    await ingest();

    expect(index.size).toBeGreaterThan(4);
  });

  it('touches only what changed since the last one', async () => {
    const { ingest, index, bucket, retrieve } = await connectToBase();
    await ingest();
    const [returns, hours, shipping] = bucket.objects;
    bucket.objects = [
      returns!,
      { ...hours!, metadata: { lang: 'de' } },
      { ...shipping!, body: 'Parcels take a month.' },
      { key: 'help/new.txt', body: 'Gift cards never expire.' },
    ];
    const kept = index.list({ limit: 10 }).vectors.find(({ metadata }) => uriOf(metadata)?.endsWith('returns.md'));

    const second = await ingest();
    bucket.objects = bucket.objects.filter(({ key }) => key !== 'help/new.txt');
    const third = await ingest();

    expect(second?.statistics).toMatchObject({
      numberOfDocumentsScanned: 4,
      numberOfNewDocumentsIndexed: 1,
      numberOfModifiedDocumentsIndexed: 1,
      numberOfMetadataDocumentsModified: 1,
      numberOfDocumentsDeleted: 0,
    });
    expect(third?.statistics).toMatchObject({ numberOfDocumentsDeleted: 1, numberOfNewDocumentsIndexed: 0 });
    expect(index.size).toBe(3);
    expect(index.get([kept!.key])).toHaveLength(1);
    const { retrievalResults } = await retrieve('How long do parcels take?', { numberOfResults: 1 });
    expect(retrievalResults?.[0]?.content?.text).toBe('Parcels take a month.');
  });

  it('reads attributes from the files beside documents', async () => {
    const { ingest, index, bucket } = await connectToBase();
    const sidecar = {
      metadataAttributes: { year: 2026, tags: { value: { type: 'STRING_LIST', stringListValue: ['a'] } } },
    };
    bucket.objects = [
      { key: 'help/', body: '' },
      { key: 'help/a.txt', body: 'Text.', metadata: { year: 1999, lang: 'en' } },
      { key: 'help/a.txt.metadata.json', body: JSON.stringify(sidecar) },
    ];

    const done = await ingest();

    expect(done?.statistics).toMatchObject({ numberOfDocumentsScanned: 1, numberOfMetadataDocumentsScanned: 1 });
    expect(index.list({ limit: 1 }).vectors[0]?.metadata).toMatchObject({ year: 2026, lang: 'en', tags: ['a'] });
  });

  it('completes with documents that failed, and says why', async () => {
    const { ingest, index, bucket } = await connectToBase();
    bucket.objects = [
      { key: 'help/good.txt', body: 'Good.' },
      { key: 'help/picture.png', body: new Uint8Array([137, 80, 78, 71]) },
      { key: 'help/empty.txt', body: '  \n' },
      { key: 'help/nested.txt', body: 'Text.', metadata: { page: { number: 1 } } },
      { key: 'help/big.txt', body: 'Text.', metadata: { note: 'x'.repeat(2048) } },
      { key: 'help/bad.txt', body: 'Text.' },
      { key: 'help/bad.txt.metadata.json', body: '{' },
    ];

    const done = await ingest();

    expect(done).toMatchObject({
      status: 'COMPLETE',
      statistics: { numberOfDocumentsScanned: 6, numberOfNewDocumentsIndexed: 1, numberOfDocumentsFailed: 5 },
    });
    expect(index.size).toBe(1);
    expect(done?.failureReasons).toEqual([
      expect.stringMatching(/^The format is not one of.*file: s3:\/\/help-pages\/help\/picture\.png$/),
      expect.stringMatching(/^The file has no text.*empty\.txt$/),
      expect.stringMatching(
        /^Encountered error: Invalid record for key.*strings, numbers, booleans, or arrays \(Service: S3Vectors, Status Code: 400\).*nested\.txt$/,
      ),
      expect.stringMatching(/Filterable metadata must have at most 2048 bytes.*big\.txt$/),
      expect.stringMatching(/^The metadata file is not valid.*bad\.txt$/),
    ]);
  });

  it('fails at every chunk beyond 2 KB where the index lets texts be filtered', async () => {
    const vectorIngestionConfiguration = { chunkingConfiguration: { chunkingStrategy: 'NONE' as const } };
    const { ingest, bucket } = await connectToBase({
      nonFilterableKeys: [],
      source: { vectorIngestionConfiguration },
    });
    bucket.objects = [
      { key: 'help/short.txt', body: 'Short.' },
      { key: 'help/long.txt', body: 'A sentence that is repeated. '.repeat(80) },
    ];

    const done = await ingest();

    expect(done?.statistics).toMatchObject({ numberOfNewDocumentsIndexed: 1, numberOfDocumentsFailed: 1 });
    expect(done?.failureReasons).toEqual([expect.stringContaining('at most 2048 bytes')]);
  });

  it('fails as a whole when its bucket or its index cannot be reached', async () => {
    const { ingest, bucket, vectors } = await connectToBase();
    bucket.error = new Error('access denied');
    const first = await ingest();
    bucket.error = undefined;
    vectors.store.deleteIndex({ vectorBucketName: 'documents', indexName: 'orders' });

    const second = await ingest();

    expect(first).toMatchObject({
      status: 'FAILED',
      failureReasons: ['The data source could not be read: access denied'],
    });
    expect(second).toMatchObject({
      status: 'FAILED',
      failureReasons: [
        'Encountered error: The specified index could not be found (Service: S3Vectors, Status Code: 404)',
      ],
    });
  });

  it('is alone: another one, and the deletion of its source, are conflicts', async () => {
    const { control, ids, start, ingest } = await connectToBase();
    const id = await start();
    const conflict = refusal('ConflictException', 409, new RegExp(`ongoing ingestion job with id ${id}`));

    await expect(start()).rejects.toMatchObject(conflict);
    await expect(control.send(new DeleteDataSourceCommand(ids))).rejects.toMatchObject(conflict);
    await expect(ingest()).rejects.toMatchObject(conflict);
  });

  it('starts once by one client token', async () => {
    const { control, ids, clock } = await connectToBase();
    const command = { ...ids, clientToken: 't'.repeat(36) };
    const first = await control.send(new StartIngestionJobCommand(command));
    clock.advance(60_000);

    const again = await control.send(new StartIngestionJobCommand(command));

    expect(first.$metadata.httpStatusCode).toBe(202);
    expect(again.ingestionJob).toMatchObject({
      ingestionJobId: first.ingestionJob?.ingestionJobId,
      status: 'COMPLETE',
    });
  });

  it('is listed, the latest first, by its state if wanted', async () => {
    const { control, ids, ingest, start } = await connectToBase();
    const done = await ingest();
    const running = await start();
    const list = async (input: object = {}) => {
      const { ingestionJobSummaries } = await control.send(new ListIngestionJobsCommand({ ...ids, ...input }));
      return ingestionJobSummaries?.map(({ ingestionJobId }) => ingestionJobId);
    };
    const status = (...values: string[]) => ({ filters: [{ attribute: 'STATUS', operator: 'EQ', values }] });

    expect(await list()).toEqual([running, done?.ingestionJobId]);
    expect(await list({ sortBy: { attribute: 'STARTED_AT', order: 'ASCENDING' } })).toEqual([
      done?.ingestionJobId,
      running,
    ]);
    expect(await list(status('COMPLETE'))).toEqual([done?.ingestionJobId]);
    expect(await list(status('FAILED'))).toEqual([]);
    expect(await list({ maxResults: 1 })).toEqual([running]);
  });
});

const uriOf = (metadata: Readonly<Record<string, unknown>>) =>
  metadata['x-amz-bedrock-kb-source-uri'] as string | undefined;
