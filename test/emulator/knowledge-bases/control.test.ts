import {
  CreateDataSourceCommand,
  type CreateDataSourceCommandInput,
  CreateKnowledgeBaseCommand,
  type CreateKnowledgeBaseCommandInput,
  DeleteDataSourceCommand,
  DeleteKnowledgeBaseCommand,
  GetDataSourceCommand,
  GetKnowledgeBaseCommand,
  ListDataSourcesCommand,
  ListKnowledgeBasesCommand,
} from '@aws-sdk/client-bedrock-agent';
import { describe, expect, it } from 'vitest';
import { BASE, connect, connectToBase, INDEX_ARN, MODEL_ARN, refusal, SOURCE } from './place.js';

const vectorBase = (change: object): Partial<CreateKnowledgeBaseCommandInput> => ({
  knowledgeBaseConfiguration: {
    type: 'VECTOR',
    vectorKnowledgeBaseConfiguration: { embeddingModelArn: MODEL_ARN, ...change },
  },
});
const s3Vectors = (s3VectorsConfiguration: object): Partial<CreateKnowledgeBaseCommandInput> => ({
  storageConfiguration: { type: 'S3_VECTORS', s3VectorsConfiguration },
});

describe('a knowledge base', () => {
  it('is created first and active later', async () => {
    const { control, clock, server } = await connect();

    const created = await control.send(new CreateKnowledgeBaseCommand(BASE));
    const knowledgeBaseId = created.knowledgeBase?.knowledgeBaseId ?? '';
    const get = async () =>
      (await control.send(new GetKnowledgeBaseCommand({ knowledgeBaseId }))).knowledgeBase?.status;

    expect(created.$metadata.httpStatusCode).toBe(202);
    expect(created.knowledgeBase).toMatchObject({
      ...BASE,
      knowledgeBaseId: expect.stringMatching(/^[0-9A-Z]{10}$/) as string,
      knowledgeBaseArn: `arn:aws:bedrock:us-east-1:123456789012:knowledge-base/${knowledgeBaseId}`,
      status: 'CREATING',
      createdAt: new Date('2026-01-01T00:00:00Z'),
    });
    expect(server.requests).toMatchObject([{ operation: 'CreateKnowledgeBase', status: 202 }]);
    clock.advance(1999);
    expect(await get()).toBe('CREATING');
    clock.advance(1);
    expect(await get()).toBe('ACTIVE');
  });

  it('is created once by one client token, and has a name of its own', async () => {
    const { control } = await connect();
    const clientToken = 't'.repeat(33);
    const create = (change: object) => control.send(new CreateKnowledgeBaseCommand({ ...BASE, ...change }));

    const first = await create({ clientToken });
    const repeated = await create({ clientToken });

    expect(repeated.knowledgeBase).toEqual(first.knowledgeBase);
    await expect(create({})).rejects.toMatchObject(refusal('ConflictException', 409, /name orders already exists/));
  });

  it('cannot be used before it is active', async () => {
    const { control } = await connect();
    const { knowledgeBase } = await control.send(new CreateKnowledgeBaseCommand(BASE));
    const knowledgeBaseId = knowledgeBase?.knowledgeBaseId ?? '';

    await expect(control.send(new CreateDataSourceCommand({ ...SOURCE, knowledgeBaseId }))).rejects.toMatchObject(
      refusal('ValidationException', 400, /not in ACTIVE state. Its state is CREATING/),
    );
  });

  it('is deleted first and gone later, and its name is free again', async () => {
    const { control, clock, ids } = await connectToBase();
    const { knowledgeBaseId } = ids;
    const get = () => control.send(new GetKnowledgeBaseCommand({ knowledgeBaseId }));

    expect(await control.send(new DeleteKnowledgeBaseCommand({ knowledgeBaseId }))).toMatchObject({
      knowledgeBaseId,
      status: 'DELETING',
    });
    expect((await get()).knowledgeBase?.status).toBe('DELETING');
    clock.advance(2000);

    await expect(get()).rejects.toMatchObject(refusal('ResourceNotFoundException', 404));
    await control.send(new CreateKnowledgeBaseCommand(BASE));
  });

  it('is listed with its state, page by page', async () => {
    const { control, clock } = await connect();
    for (const name of ['one', 'two', 'three']) {
      await control.send(new CreateKnowledgeBaseCommand({ ...BASE, name }));
      clock.advance(1500);
    }

    const first = await control.send(new ListKnowledgeBasesCommand({ maxResults: 2 }));
    const second = await control.send(new ListKnowledgeBasesCommand({ maxResults: 2, nextToken: first.nextToken }));

    expect(
      [first, second].map(({ knowledgeBaseSummaries: all }) => all?.map(({ name, status }) => [name, status])),
    ).toEqual([
      [
        ['one', 'ACTIVE'],
        ['two', 'ACTIVE'],
      ],
      [['three', 'CREATING']],
    ]);
    expect(second.nextToken).toBeUndefined();
    await expect(control.send(new ListKnowledgeBasesCommand({ maxResults: 1001 }))).rejects.toMatchObject(
      refusal('ValidationException', 400),
    );
  });

  it.each<[string, Partial<CreateKnowledgeBaseCommandInput>, RegExp]>([
    ['a bad name', { name: 'my orders' }, /Value 'my orders' at 'name'.*regular expression pattern/],
    ['a bad role', { roleArn: 'admin' }, /at 'roleArn'/],
    ['a short client token', { clientToken: 'abc' }, /at 'clientToken'.*greater than or equal to 33/],
    [
      'another model',
      vectorBase({ embeddingModelArn: MODEL_ARN.replace('v2', 'v9') }),
      /not able to call specified bedrock embedding model/,
    ],
    [
      'impossible dimensions',
      vectorBase({ embeddingModelConfiguration: { bedrockEmbeddingModelConfiguration: { dimensions: 300 } } }),
      /300 dimensions/,
    ],
    [
      'binary vectors',
      vectorBase({
        embeddingModelConfiguration: { bedrockEmbeddingModelConfiguration: { embeddingDataType: 'BINARY' } },
      }),
      /BINARY/,
    ],
    [
      'other dimensions than the index',
      vectorBase({}),
      /storage configuration provided is invalid\.\.\. Query vector contains invalid values or is invalid for this index/,
    ],
    [
      'an index that is not there',
      s3Vectors({ indexArn: `${INDEX_ARN}2` }),
      /storage configuration provided is invalid\.\.\. The specified index could not be found/,
    ],
    ['an index named twice', s3Vectors({ indexArn: INDEX_ARN, indexName: 'orders' }), /Specify either indexArn/],
    ['half a name of an index', s3Vectors({ indexName: 'orders' }), /Specify either indexArn/],
    [
      'an unknown store',
      { storageConfiguration: { type: 'PINECONE' } },
      /Value 'PINECONE' at 'storageConfiguration.type'/,
    ],
    ['no store', { storageConfiguration: undefined }, /Value null at 'storageConfiguration'/],
  ])('is not created with %s', async (_, change, message) => {
    const { control } = await connect();

    await expect(control.send(new CreateKnowledgeBaseCommand({ ...BASE, ...change }))).rejects.toMatchObject(
      refusal('ValidationException', 400, message),
    );
    expect((await control.send(new ListKnowledgeBasesCommand({}))).knowledgeBaseSummaries).toEqual([]);
  });

  it('takes an index by its bucket and name, or a collection of OpenSearch Serverless', async () => {
    const { control } = await connect();
    const collection = {
      collectionArn: 'arn:aws:aoss:us-east-1:123456789012:collection/abcdef',
      vectorIndexName: 'orders',
      fieldMapping: { vectorField: 'v', textField: 't', metadataField: 'm' },
    };

    await control.send(
      new CreateKnowledgeBaseCommand({
        ...BASE,
        ...s3Vectors({ vectorBucketArn: INDEX_ARN.replace(/\/index.*/, ''), indexName: 'orders' }),
      }),
    );
    await control.send(
      new CreateKnowledgeBaseCommand({
        ...BASE,
        name: 'others',
        storageConfiguration: { type: 'OPENSEARCH_SERVERLESS', opensearchServerlessConfiguration: collection },
      }),
    );

    const listed = await control.send(new ListKnowledgeBasesCommand({}));
    expect(listed.knowledgeBaseSummaries?.map(({ name }) => name)).toEqual(['orders', 'others']);
  });

  it('is not found by another or an impossible id', async () => {
    const { control } = await connect();
    const get = (knowledgeBaseId: string) => control.send(new GetKnowledgeBaseCommand({ knowledgeBaseId }));

    await expect(get('ABCDEFGHIJ')).rejects.toMatchObject(refusal('ResourceNotFoundException', 404));
    await expect(get('orders')).rejects.toMatchObject({
      ...refusal('ValidationException', 400, /Value 'orders' at 'knowledgeBaseId'.*\[0-9a-zA-Z\]\{10\}/),
      fieldList: [{ name: 'knowledgeBaseId' }],
    });
  });
});

describe('a data source', () => {
  it('is available at once, keeps its settings and is listed', async () => {
    const { control, ids } = await connectToBase();

    const { dataSource } = await control.send(new GetDataSourceCommand(ids));
    const { dataSourceSummaries } = await control.send(new ListDataSourcesCommand(ids));

    expect(dataSource).toMatchObject({ ...SOURCE, ...ids, status: 'AVAILABLE', dataDeletionPolicy: 'DELETE' });
    expect(dataSource?.createdAt).toEqual(new Date('2026-01-01T00:00:02Z'));
    expect(dataSourceSummaries).toMatchObject([{ ...ids, name: 'help', status: 'AVAILABLE' }]);
    await expect(control.send(new CreateDataSourceCommand({ ...SOURCE, ...ids }))).rejects.toMatchObject(
      refusal('ConflictException', 409, /name help already exists/),
    );
  });

  it.each<[string, object, RegExp]>([
    [
      'no type',
      { dataSourceConfiguration: { s3Configuration: { bucketArn: 'arn:aws:s3:::help-pages' } } },
      /Value null at 'dataSourceConfiguration.type'/,
    ],
    [
      'no bucket',
      { dataSourceConfiguration: { type: 'S3', s3Configuration: {} } },
      /Value null at 'dataSourceConfiguration.s3Configuration.bucketArn'/,
    ],
    [
      'a name for an ARN',
      { dataSourceConfiguration: { type: 'S3', s3Configuration: { bucketArn: 'help' } } },
      /Value 'help' at/,
    ],
    [
      'two prefixes',
      {
        dataSourceConfiguration: {
          type: 'S3',
          s3Configuration: { bucketArn: 'arn:aws:s3:::help-pages', inclusionPrefixes: ['a/', 'b/'] },
        },
      },
      /inclusionPrefixes.*less than or equal to 1/,
    ],
    [
      'chunks without a size',
      { vectorIngestionConfiguration: { chunkingConfiguration: { chunkingStrategy: 'FIXED_SIZE' } } },
      /fixedSizeChunkingConfiguration'.*must not be null/,
    ],
    ['too much overlap', fixedSize(300, 100), /overlapPercentage'.*less than or equal to 99/],
    ['empty chunks', fixedSize(0, 20), /maxTokens'.*greater than or equal to 1/],
    [
      'chunks by meaning without a measure',
      { vectorIngestionConfiguration: { chunkingConfiguration: { chunkingStrategy: 'SEMANTIC' } } },
      /semanticChunkingConfiguration'.*must not be null/,
    ],
    ['neighbours that are too many', semantic({ bufferSize: 2 }), /bufferSize'.*less than or equal to 1/],
    ['a threshold below the half', semantic({ breakpointPercentileThreshold: 49 }), /Threshold'.*than or equal to 50/],
    ['a single layer', layers([300], 10), /levelConfigurations'.*greater than or equal to 2/],
    ['layers of one size', layers([300, 300], 10), /must be in descending order/],
    ['an overlap as long as a chunk', layers([300, 60], 60), /must be smaller than the bottom level max tokens/],
    [
      'a size for what is cut by meaning',
      {
        vectorIngestionConfiguration: {
          chunkingConfiguration: {
            chunkingStrategy: 'SEMANTIC',
            fixedSizeChunkingConfiguration: { maxTokens: 300, overlapPercentage: 20 },
          },
        },
      },
      /fixedSizeChunkingConfiguration is not for the chunking strategy SEMANTIC/,
    ],
  ])('is not created with %s', async (_, change, message) => {
    const { control, ids } = await connectToBase();
    const input = { ...SOURCE, ...ids, name: 'other', ...change } as CreateDataSourceCommandInput;

    await expect(control.send(new CreateDataSourceCommand(input))).rejects.toMatchObject(
      refusal('ValidationException', 400, message),
    );
  });

  it.each([
    ['DELETE', 0],
    ['RETAIN', 3],
  ] as const)('leaves with the policy %s so many vectors behind: %i', async (dataDeletionPolicy, left) => {
    const { control, clock, ids, ingest, index } = await connectToBase({ source: { dataDeletionPolicy } });
    await ingest();
    expect(index.size).toBe(3);

    const deleted = await control.send(new DeleteDataSourceCommand(ids));
    clock.advance(2000);

    expect(deleted).toMatchObject({ ...ids, status: 'DELETING' });
    expect(index.size).toBe(left);
    await expect(control.send(new GetDataSourceCommand(ids))).rejects.toMatchObject(
      refusal('ResourceNotFoundException', 404),
    );
  });
});

function fixedSize(maxTokens: number, overlapPercentage: number): object {
  const fixedSizeChunkingConfiguration = { maxTokens, overlapPercentage };
  const chunkingConfiguration = { chunkingStrategy: 'FIXED_SIZE', fixedSizeChunkingConfiguration };
  return { vectorIngestionConfiguration: { chunkingConfiguration } };
}

function semantic(change: object): object {
  const semanticChunkingConfiguration = { maxTokens: 300, bufferSize: 0, breakpointPercentileThreshold: 95, ...change };
  return {
    vectorIngestionConfiguration: {
      chunkingConfiguration: { chunkingStrategy: 'SEMANTIC', semanticChunkingConfiguration },
    },
  };
}

function layers(sizes: number[], overlapTokens: number): object {
  const levelConfigurations = sizes.map((maxTokens) => ({ maxTokens }));
  const hierarchicalChunkingConfiguration = { levelConfigurations, overlapTokens };
  return {
    vectorIngestionConfiguration: {
      chunkingConfiguration: { chunkingStrategy: 'HIERARCHICAL', hierarchicalChunkingConfiguration },
    },
  };
}
