import { DeleteKnowledgeBaseCommand } from '@aws-sdk/client-bedrock-agent';
import {
  type KnowledgeBaseVectorSearchConfiguration,
  type RetrievalFilter,
  RetrieveCommand,
} from '@aws-sdk/client-bedrock-agent-runtime';
import { describe, expect, it } from 'vitest';
import { connect, connectToBase, refusal } from './place.js';

const OPENSEARCH = {
  type: 'OPENSEARCH_SERVERLESS' as const,
  opensearchServerlessConfiguration: {
    collectionArn: 'arn:aws:aoss:us-east-1:123456789012:collection/abcdef',
    vectorIndexName: 'orders',
    fieldMapping: { vectorField: 'v', textField: 'text', metadataField: 'metadata' },
  },
};

async function filled(options: Parameters<typeof connectToBase>[0] = {}) {
  const place = await connectToBase(options);
  place.bucket.objects = [
    ...place.bucket.objects,
    {
      key: 'help/a.txt',
      body: 'Gift cards of the year 2024.',
      metadata: { year: 2024, lang: 'en', tags: ['gift', 'card'] },
    },
    { key: 'help/b.txt', body: 'Gift cards of the year 2025.', metadata: { year: 2025, lang: 'de' } },
  ];
  await place.ingest();
  const keysFor = async (filter: RetrievalFilter) => {
    const { retrievalResults = [] } = await place.retrieve('gift cards', { filter });
    return retrievalResults.map(({ location }) => location?.s3Location?.uri?.split('/').at(-1)).sort();
  };
  return { ...place, keysFor };
}

describe('a retrieval', () => {
  it('gives the best passages first, with scores, sources and metadata', async () => {
    const { retrieve, ids } = await filled();

    const { retrievalResults = [] } = await retrieve('When are the shops open on Friday?');

    expect(retrievalResults).toHaveLength(5);
    const scores = retrievalResults.map(({ score }) => score ?? 0);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(scores[0]).toBeGreaterThan(0.2);
    expect(scores[0]).toBeLessThan(1);
    expect(retrievalResults[0]).toEqual({
      content: { type: 'TEXT', text: 'Our shops are open from Monday to Friday, nine to five.' },
      location: { type: 'S3', s3Location: { uri: 's3://help-pages/help/hours.txt' } },
      score: scores[0],
      metadata: {
        lang: 'en',
        'x-amz-bedrock-kb-source-uri': 's3://help-pages/help/hours.txt',
        'x-amz-bedrock-kb-data-source-id': ids.dataSourceId,
        'x-amz-bedrock-kb-source-file-modality': 'TEXT',
        'x-amz-bedrock-kb-chunk-id': expect.any(String) as string,
      },
    });
  });

  it('never finds what is not under the prefix of its source', async () => {
    const { retrieve } = await filled();

    const { retrievalResults = [] } = await retrieve('What are the salaries?', { numberOfResults: 100 });

    expect(retrievalResults.filter(({ content }) => content?.text?.includes('salaries'))).toEqual([]);
  });

  it('gives as many results as asked for, from 1 to 100', async () => {
    const { retrieve } = await filled();

    expect((await retrieve('gift', { numberOfResults: 2 })).retrievalResults).toHaveLength(2);
    for (const numberOfResults of [0, 101]) {
      await expect(retrieve('gift', { numberOfResults })).rejects.toMatchObject(
        refusal('ValidationException', 400, /numberOfResults/),
      );
    }
  });

  it.each<[RetrievalFilter, string[]]>([
    [{ equals: { key: 'year', value: 2024 } }, ['a.txt']],
    [{ greaterThan: { key: 'year', value: 2024 } }, ['b.txt']],
    [{ lessThanOrEquals: { key: 'year', value: 2025 } }, ['a.txt', 'b.txt']],
    [{ in: { key: 'lang', value: ['en', 'fr'] } }, ['a.txt', 'hours.txt']],
    [{ listContains: { key: 'tags', value: 'card' } }, ['a.txt']],
    [
      { andAll: [{ equals: { key: 'lang', value: 'en' } }, { greaterThanOrEquals: { key: 'year', value: 2000 } }] },
      ['a.txt'],
    ],
    [
      {
        orAll: [
          { equals: { key: 'year', value: 2025 } },
          { andAll: [{ equals: { key: 'lang', value: 'en' } }, { lessThan: { key: 'year', value: 2025 } }] },
        ],
      },
      ['a.txt', 'b.txt'],
    ],
  ])('is held by its filter: %j', async (filter, keys) => {
    const { keysFor } = await filled();

    expect(await keysFor(filter)).toEqual(keys);
  });

  it.each<[RetrievalFilter, RegExp]>([
    [{ startsWith: { key: 'lang', value: 'e' } }, /startsWith is not supported/],
    [{ stringContains: { key: 'lang', value: 'e' } }, /stringContains is not supported/],
    [{ andAll: [{ equals: { key: 'lang', value: 'en' } }] }, /greater than or equal to 2/],
    [{ greaterThan: { key: 'year', value: '2024' } }, /Invalid filter/],
    [{ in: { key: 'lang', value: [] } }, /Invalid filter/],
    [
      { equals: { key: 'AMAZON_BEDROCK_TEXT', value: 'a' } },
      /Invalid use of non-filterable metadata in filter \(Service: S3Vectors/,
    ],
    [deep(), /one level deep/],
  ])('is refused with the filter %j', async (filter, message) => {
    const { keysFor } = await filled();

    await expect(keysFor(filter)).rejects.toMatchObject(refusal('ValidationException', 400, message));
  });

  it('goes by meaning only, where the store knows nothing else', async () => {
    const { retrieve, ids } = await filled();

    await retrieve('gift', { overrideSearchType: 'SEMANTIC' });

    await expect(retrieve('gift', { overrideSearchType: 'HYBRID' })).rejects.toMatchObject({
      ...refusal('ValidationException', 400),
      message: `HYBRID search type is not supported for search operation on index ${ids.knowledgeBaseId}`,
    });
  });

  it('may be hybrid with OpenSearch Serverless', async () => {
    const { retrieve, index } = await filled({ base: { storageConfiguration: OPENSEARCH } });

    const { retrievalResults } = await retrieve('gift cards of 2025', { overrideSearchType: 'HYBRID' });

    expect(retrievalResults?.[0]?.content?.text).toBe('Gift cards of the year 2025.');
    expect(index.size).toBe(0);
  });

  it('needs a text of up to 1,000 characters and a base that is there', async () => {
    const { retrieve, control, ids, clock } = await filled();

    await expect(retrieve('x'.repeat(1001))).rejects.toMatchObject(
      refusal('ValidationException', 400, /retrievalQuery\.text'.*less than or equal to 1000/),
    );
    await expect(retrieve(' ')).rejects.toMatchObject(refusal('ValidationException', 400));
    await control.send(new DeleteKnowledgeBaseCommand(ids));
    await expect(retrieve('gift')).rejects.toMatchObject(refusal('ValidationException', 400, /state is DELETING/));
    clock.advance(2000);
    await expect(retrieve('gift')).rejects.toMatchObject(refusal('ResourceNotFoundException', 404, /does not exist/));
  });

  it('refuses what it cannot do rather than leave it out', async () => {
    const { runtime, ids } = await filled();
    const request = { ...ids, retrievalQuery: { text: 'gift' } };

    for (const more of [
      { retrievalConfiguration: { managedSearchConfiguration: { numberOfResults: 3 } } },
      { guardrailConfiguration: { guardrailId: 'gr1', guardrailVersion: '1' } },
      { nextToken: 'more' },
    ]) {
      await expect(runtime.send(new RetrieveCommand({ ...request, ...more }))).rejects.toMatchObject(
        refusal('ValidationException', 400),
      );
    }
  });

  it('is throttled on demand', async () => {
    const { retrieve, server } = await filled();
    server.failNext({ kind: 'http', status: 429, type: 'ThrottlingException' });

    await expect(retrieve('gift')).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(server.requests.at(-1)).toMatchObject({ operation: 'Retrieve', status: 429 });
  });
});

function deep(): RetrievalFilter {
  const leaf: RetrievalFilter = { equals: { key: 'lang', value: 'en' } };
  return { andAll: [leaf, { orAll: [leaf, { andAll: [leaf, leaf] }] }] };
}

describe('a retrieval that is reranked', () => {
  const by = (modelArn: string, numberOfRerankedResults?: number): KnowledgeBaseVectorSearchConfiguration => ({
    rerankingConfiguration: {
      type: 'BEDROCK_RERANKING_MODEL',
      bedrockRerankingConfiguration: {
        modelConfiguration: { modelArn },
        ...(numberOfRerankedResults !== undefined && { numberOfRerankedResults }),
      },
    },
  });
  const MODEL = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.rerank-v1:0';

  it('gives the model’s order and scores, and no more than it leaves', async () => {
    const { retrieve } = await filled();

    const { retrievalResults = [] } = await retrieve('the year 2025', by(MODEL, 2));

    expect(retrievalResults).toHaveLength(2);
    expect(retrievalResults[0]).toMatchObject({ content: { text: 'Gift cards of the year 2025.' }, score: 1 });
  });

  it.each([
    [by('amazon.rerank-v1:0'), /modelArn'.*regular expression/],
    [by(MODEL.replace('amazon.rerank-v1:0', 'amazon.titan-embed-text-v2:0')), /not supported for reranking/],
    [by(MODEL, 101), /numberOfRerankedResults'.*less than or equal to 100/],
    [{ rerankingConfiguration: { type: 'BEDROCK_RERANKING_MODEL' } }, /bedrockRerankingConfiguration'.*not be null/],
  ] as const)('is refused where the model is none, or takes no such order: %j', async (configuration, message) => {
    const { retrieve } = await filled();

    await expect(retrieve('gift', configuration)).rejects.toMatchObject(refusal('ValidationException', 400, message));
  });
});

describe('a knowledge base that was made before', () => {
  const documents = [
    { name: 'hours.md', text: 'Our shops are open from Monday to Friday.' },
    { name: 'returns.txt', text: 'Orders can be returned within 30 days.' },
  ];
  const RULES = 'RULES12345';

  it('is there at once, and is asked as any other', async () => {
    const { server, runtime } = await connect();
    await server.add({ knowledgeBaseId: RULES, documents });

    const { retrievalResults } = await runtime.send(
      new RetrieveCommand({
        knowledgeBaseId: RULES,
        retrievalQuery: { text: 'When can orders be returned?' },
        retrievalConfiguration: { vectorSearchConfiguration: { numberOfResults: 1, overrideSearchType: 'SEMANTIC' } },
      }),
    );

    expect(retrievalResults).toMatchObject([
      {
        content: { text: 'Orders can be returned within 30 days.' },
        location: { s3Location: { uri: 's3://ready-made/returns.txt' } },
      },
    ]);
  });

  it('is not made of what the service could not read', async () => {
    const { server } = await connect();
    const base = { knowledgeBaseId: RULES, documents: [{ name: 'picture.png', text: 'x' }] };

    await expect(server.add(base)).rejects.toThrow('s3://ready-made/picture.png: The format is not one of');
  });
});
