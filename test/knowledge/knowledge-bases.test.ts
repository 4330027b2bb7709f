import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAwsServer } from '../../src/emulator/aws/server.js';
import { DEFAULT_CREDENTIALS, DEFAULT_REGION } from '../../src/emulator/aws/signature.js';
import { type ChunkingInput, chunkingOf } from '../../src/knowledge/chunking.js';
import { knowledgeBases, passageOf } from '../../src/knowledge/knowledge-bases.js';
import { INDEX, type KnowledgeRig, MODEL, ROLE_ARN, SOON, startKnowledge } from './rig.js';

const OBJECTS = {
  manuals: {
    'lamps/returns.md': 'You can send lamps back within thirty days of delivery. A refund takes five days.',
    'lamps/shipping.md': 'We ship lamps abroad by sea, which takes three weeks.',
    'desks/returns.md': 'Desks are not taken back.',
  },
};
const INPUT = {
  name: 'manuals',
  roleArn: ROLE_ARN,
  embeddingModelId: MODEL,
  dimensions: 256,
  storage: { kind: 'S3_VECTORS', ...INDEX },
} as const;
const SOURCE = {
  name: 'lamps',
  bucketArn: 'arn:aws:s3:::manuals',
  prefix: 'lamps/',
  chunking: { strategy: 'FIXED_SIZE', maxTokens: 300, overlapPercentage: 20 },
  deletion: 'DELETE',
} as const;

let rig: KnowledgeRig;
beforeEach(async () => {
  rig = await startKnowledge({ objects: OBJECTS });
});
afterEach(() => rig.close());

const ingested = async (knowledgeBaseId: string, sourceId: string) => {
  const { id } = await rig.sources.ingest(knowledgeBaseId, sourceId);
  await expect.poll(async () => (await rig.sources.ingestion(knowledgeBaseId, id)).status, SOON).toBe('COMPLETE');
  return rig.sources.ingestion(knowledgeBaseId, id);
};

async function filledBase() {
  const { id } = await rig.baseAdministration.create(INPUT);
  const source = await rig.sources.create(id, SOURCE);
  return { id, source, ingestion: await ingested(id, source.id) };
}

const question = (knowledgeBaseId: string, more: object = {}) => ({
  knowledgeBaseId,
  numberOfResults: 5,
  filter: {},
  searchType: 'SEMANTIC' as const,
  ...more,
});

describe('a knowledge base on S3 Vectors', () => {
  it('is created with its index, filled from S3, and answers', async () => {
    const { id, source, ingestion } = await filledBase();

    const passages = await rig.knowledgeBases.retrieve(question(id), 'How long does a refund take?');

    expect(ingestion.documents).toEqual({ scanned: 2, added: 2, modified: 0, deleted: 0, failed: 0, skipped: 0 });
    expect(passages).toHaveLength(2);
    expect(passages[0]).toMatchObject({
      text: OBJECTS.manuals['lamps/returns.md'],
      source: 's3://manuals/lamps/returns.md',
      metadata: { 'x-amz-bedrock-kb-data-source-id': source.id },
    });
    expect(passages[0]!.score).toBeGreaterThan(passages[1]!.score);
    expect(passages[0]!.score).toBeLessThanOrEqual(1);
  });

  it('finds what its filter lets through, and no more than was asked for', async () => {
    const { id } = await filledBase();
    const uri = 's3://manuals/lamps/shipping.md';
    const filter = { equals: { key: 'x-amz-bedrock-kb-source-uri', value: uri } };

    const filtered = await rig.knowledgeBases.retrieve(question(id, { filter }), 'refund');

    expect(filtered.map(({ source }) => source)).toEqual([uri]);
    expect(await rig.knowledgeBases.retrieve(question(id, { numberOfResults: 1 }), 'refund')).toHaveLength(1);
  });

  it('has what it found put into order by a model, when it is asked so', async () => {
    const { id } = await filledBase();
    const modelArn = 'arn:aws:bedrock:us-east-1::foundation-model/cohere.rerank-v3-5:0';
    const rerankingConfiguration = { modelArn, numberOfRerankedResults: 1 };

    const found = await rig.knowledgeBases.retrieve(question(id, { rerankingConfiguration }), 'refund');

    expect(found).toMatchObject([{ text: OBJECTS.manuals['lamps/returns.md'], score: 1 }]);
  });

  it('is asked with the beginning of a question that is too long', async () => {
    const { id } = await filledBase();
    const long = `How long does a refund take? ${'How long does a refund take? '.repeat(45)}`;

    const [best] = await rig.knowledgeBases.retrieve(question(id), long);

    expect(best?.text).toMatch(/refund takes five days/);
    const { body } = rig.servers.bases.requests.at(-1)!;
    const asked = (JSON.parse(body.toString()) as { retrievalQuery: { text: string } }).retrievalQuery.text;
    expect(long.startsWith(`${asked} `)).toBe(true);
    expect(asked.length).toBeGreaterThan(950);
  });

  it('is shown with what it is made of', async () => {
    const created = await rig.baseAdministration.create({ ...INPUT, description: 'All manuals.' });

    expect(created.status).toBe('CREATING');
    await rig.baseAdministration.untilActive(created.id);
    expect(await rig.baseAdministration.get(created.id)).toMatchObject({
      name: 'manuals',
      description: 'All manuals.',
      status: 'ACTIVE',
      kind: 'VECTOR',
      roleArn: ROLE_ARN,
      embeddingModelArn: `arn:aws:bedrock:${DEFAULT_REGION}::foundation-model/${MODEL}`,
      storage: { kind: 'S3_VECTORS', indexArn: (await rig.indexAdministration.get(INDEX)).indexArn },
      failureReasons: [],
    });
  });

  it('is not put on an index of other dimensions', async () => {
    await rig.indexAdministration.create({ ...INDEX, dimensions: 1024, distanceMetric: 'cosine' });

    await expect(rig.baseAdministration.create(INPUT)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('is not put on an index that would let texts be filtered by, which takes no long ones', async () => {
    const { store } = rig.servers.vectors;
    const bucket = store.createBucket(INDEX.vectorBucketName, 0);
    store.createIndex(bucket, INDEX.indexName, { dimension: 256, distanceMetric: 'cosine', createdMs: 0 });

    await expect(rig.baseAdministration.create(INPUT)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/non-filterable metadata AMAZON_BEDROCK_TEXT, AMAZON_BEDROCK_METADATA/) as string,
    });
  });

  it('is gone once it is deleted; its index stays', async () => {
    const { id } = await rig.baseAdministration.create(INPUT);
    await rig.baseAdministration.delete(id);

    await expect
      .poll(() => rig.baseAdministration.get(id).catch((error: { code: string }) => error.code), SOON)
      .toBe('NOT_FOUND');
    expect((await rig.indexAdministration.get(INDEX)).dimensions).toBe(256);
  });

  it('cannot be searched for words: HYBRID is refused', async () => {
    const { id } = await filledBase();

    await expect(rig.knowledgeBases.retrieve(question(id, { searchType: 'HYBRID' }), 'refund')).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      details: { reason: 'refused', service: expect.stringMatching(/HYBRID/) as string },
    });
  });
});

describe('a source', () => {
  it('waits for its knowledge base to be there, and shows what it reads', async () => {
    const { id } = await rig.baseAdministration.create(INPUT);
    const source = await rig.sources.create(id, SOURCE);

    expect(source).toMatchObject({
      name: 'lamps',
      status: 'AVAILABLE',
      bucketArn: 'arn:aws:s3:::manuals',
      prefix: 'lamps/',
      chunking: { strategy: 'FIXED_SIZE', maxTokens: 300, overlapPercentage: 20 },
    });
    expect(await rig.sources.list(id, { limit: 50 })).toEqual({ items: [source], nextCursor: null });
  });

  it.each([
    { strategy: 'NONE' },
    { strategy: 'FIXED_SIZE', maxTokens: 10, overlapPercentage: 1 },
    { strategy: 'HIERARCHICAL', levelConfigurations: [{ maxTokens: 800 }, { maxTokens: 200 }], overlapTokens: 40 },
    { strategy: 'SEMANTIC', maxTokens: 300, bufferSize: 1, breakpointPercentileThreshold: 90 },
  ] as const)('cuts documents in any of the ways that Bedrock has: $strategy', async (given) => {
    const chunking = structuredClone(given) as ChunkingInput;
    const { id } = await rig.baseAdministration.create(INPUT);
    const source = await rig.sources.create(id, { ...SOURCE, chunking });
    await ingested(id, source.id);

    expect(source.chunking).toEqual(chunking);
    expect((await rig.knowledgeBases.retrieve(question(id), 'refund'))[0]?.text).toContain('refund');
  });

  it('is shown also when it cuts in a way that is not known here', () => {
    expect(chunkingOf({ chunkingStrategy: 'BY_CHAPTER' as 'NONE' })).toEqual({ strategy: 'OTHER' });
  });

  it('is not made for a knowledge base that is being deleted', async () => {
    const slow = await startKnowledge({ delays: { deletingMs: 600_000 } });
    const { id } = await slow.baseAdministration.create(INPUT);
    await slow.baseAdministration.delete(id);

    await expect(slow.sources.create(id, SOURCE)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/is DELETING, not ACTIVE/) as string,
    });
    await slow.close();
  });

  it('takes its vectors along when it is deleted', async () => {
    const { id, source } = await filledBase();
    await rig.sources.delete(id, source.id);

    expect(await rig.knowledgeBases.retrieve(question(id), 'refund')).toEqual([]);
  });

  it('is ingested by one job at a time', async () => {
    const slow = await startKnowledge({ objects: OBJECTS, delays: { startingMs: 600_000 } });
    const { id } = await slow.baseAdministration.create(INPUT);
    const source = await slow.sources.create(id, SOURCE);
    await slow.sources.ingest(id, source.id);

    await expect(slow.sources.ingest(id, source.id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await slow.close();
  });
});

describe('ingestions', () => {
  it('are listed over all sources, page by page, each once', async () => {
    const { id, source, ingestion } = await filledBase();
    const other = await rig.sources.create(id, { ...SOURCE, name: 'desks', prefix: undefined });
    const ids = [ingestion.id, (await ingested(id, other.id)).id, (await ingested(id, other.id)).id];

    for (const limit of [1, 2, 50]) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await rig.sources.ingestions(id, { limit, cursor });
        seen.push(...page.items.map((each) => each.id));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen.toSorted()).toEqual(ids.toSorted());
    }
    const ofOne = await rig.sources.ingestions(id, { limit: 50, sourceId: source.id });
    expect(ofOne.items.map((each) => each.id)).toEqual([ingestion.id]);
  });

  it('are not found by what is no name of one', async () => {
    const { id } = await rig.baseAdministration.create(INPUT);

    await expect(rig.sources.ingestion(id, 'none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(rig.sources.ingestion(id, 'AAAAAAAAAA-BBBBBBBBBB')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('administration', () => {
  it('lists knowledge bases page by page', async () => {
    for (const name of ['a', 'b', 'c']) {
      await rig.baseAdministration.create({
        ...INPUT,
        name,
        storage: { ...INPUT.storage, indexName: `index-${name}` },
      });
    }
    const first = await rig.baseAdministration.list({ limit: 2 });
    const second = await rig.baseAdministration.list({ limit: 2, cursor: first.nextCursor! });

    expect([...first.items, ...second.items].map(({ name }) => name).toSorted()).toEqual(['a', 'b', 'c']);
    expect(second.nextCursor).toBeNull();
  });

  it.each([
    [{ kind: 'http', status: 403, type: 'AccessDeniedException', message: 'no rights' }, 'AWS_REFUSED'],
    [{ kind: 'http', status: 400, type: 'ValidationException', message: 'bad name' }, 'REQUEST_INVALID'],
    [{ kind: 'http', status: 429, type: 'ThrottlingException', message: 'slow down' }, 'TOO_MANY_REQUESTS'],
    [{ kind: 'http', status: 500, type: 'InternalServerException', message: 'oh' }, 'AWS_UNREACHABLE'],
    [{ kind: 'reset' }, 'AWS_UNREACHABLE'],
  ] as const)('says what AWS said: %j', async (fault, code) => {
    rig.servers.bases.failNext(fault, 3);

    await expect(rig.baseAdministration.list({ limit: 1 })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/^Amazon Bedrock: ./) as string,
    });
  });
});

describe('a managed knowledge base', () => {
  it('is asked with its own configuration, once it has refused that of vectors', async () => {
    const bodies: Record<string, unknown>[] = [];
    const server = await startAwsServer({
      service: 'bedrock',
      handle({ body }) {
        const { retrievalConfiguration } = JSON.parse(body.toString()) as { retrievalConfiguration: object };
        bodies.push({ ...retrievalConfiguration });
        if ('vectorSearchConfiguration' in retrievalConfiguration) {
          return { status: 400, headers: { 'x-amzn-errortype': 'ValidationException' }, body: { message: 'managed' } };
        }
        return { status: 200, body: { retrievalResults: [{ content: { text: 'Thirty days.' }, score: 0.5 }] } };
      },
    });
    const place = { endpoint: server.url, region: DEFAULT_REGION, credentials: DEFAULT_CREDENTIALS };
    const asked: string[] = [];
    const bases = knowledgeBases({
      place,
      async isManaged(id) {
        asked.push(id);
        return id === 'MANAGED000';
      },
    });
    const filter = { equals: { key: 'product', value: 'lamps' } };

    await bases.retrieve(question('MANAGED000', { filter }), 'returns');
    const found = await bases.retrieve(question('MANAGED000'), 'returns');
    await expect(bases.retrieve(question('VECTOR0000'), 'returns')).rejects.toMatchObject({ code: 'TOOL_FAILED' });
    const modelArn = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.rerank-v1:0';
    await bases.retrieve(question('MANAGED000', { rerankingConfiguration: { modelArn } }), 'returns');

    expect(found).toEqual([{ text: 'Thirty days.', source: null, score: 0.5, metadata: {} }]);
    expect(asked).toEqual(['MANAGED000', 'VECTOR0000']);
    expect(bodies).toEqual([
      { vectorSearchConfiguration: { numberOfResults: 5, overrideSearchType: 'SEMANTIC', filter } },
      { managedSearchConfiguration: { numberOfResults: 5, filter } },
      { managedSearchConfiguration: { numberOfResults: 5 } },
      { vectorSearchConfiguration: { numberOfResults: 5, overrideSearchType: 'SEMANTIC' } },
      {
        managedSearchConfiguration: {
          numberOfResults: 5,
          rerankingModelType: 'CUSTOM',
          rerankingConfiguration: {
            type: 'BEDROCK_RERANKING_MODEL',
            bedrockRerankingConfiguration: { modelConfiguration: { modelArn } },
          },
        },
      },
    ]);
    bases.close();
    await server.close();
  });
});

describe('what was retrieved', () => {
  const row = [
    { columnName: 'product', columnValue: 'lamp' },
    { columnName: 'price', columnValue: '10' },
  ];

  it.each([
    ['a web page', { location: { type: 'WEB', webLocation: { url: 'https://x.example' } } }, 'https://x.example'],
    ['a document of ours', { location: { type: 'CUSTOM', customDocumentLocation: { id: 'doc-1' } } }, 'doc-1'],
    ['metadata alone', { metadata: { 'x-amz-bedrock-kb-source-uri': 's3://a/b' } }, 's3://a/b'],
    ['nowhere', {}, null],
  ] as const)('is from %s', (_what, more, source) => {
    expect(passageOf({ content: { text: 'Thirty days.' }, score: 0.4, ...more })?.source).toBe(source);
  });

  it('may be a row of a table, and is left out when it cannot be said', () => {
    expect(passageOf({ content: { type: 'ROW', row } })?.text).toBe('product: lamp\nprice: 10');
    expect(passageOf({ content: { type: 'IMAGE', byteContent: 'AAAA' } })).toBeUndefined();
  });

  it.each([
    [undefined, 0],
    [1.2, 1],
    [-0.3, 0],
    [0.7, 0.7],
  ])('has a score from 0 to 1: %s', (score, shown) => {
    expect(passageOf({ content: { text: 'x' }, score })?.score).toBe(shown);
  });
});
