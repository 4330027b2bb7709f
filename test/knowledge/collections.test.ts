import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, realClock } from '../../src/clock.js';
import type { CollectionEmulator } from '../../src/emulator/opensearch/server.js';
import { collectionRequests } from '../../src/knowledge/collection-requests.js';
import type { KnowledgeBaseInput } from '../../src/knowledge/knowledge-base-administration.js';
import { closedAfterTests, failureOfPromise, neverEnding, placeOf, startPlainServer } from '../agents/rig.js';
import { type KnowledgeRig, MODEL, ROLE_ARN, SOON, startKnowledge } from './rig.js';

const STORAGE = {
  kind: 'OPENSEARCH_SERVERLESS',
  collectionArn: 'arn:aws:aoss:us-east-1:123456789012:collection/abcdefghij0123456789',
  vectorIndexName: 'manuals',
  vectorField: 'vector',
  textField: 'text',
  metadataField: 'metadata',
} as const;
const INPUT: KnowledgeBaseInput = {
  name: 'manuals',
  roleArn: ROLE_ARN,
  embeddingModelId: MODEL,
  dimensions: 256,
  storage: STORAGE,
};
const OBJECTS = { manuals: { 'returns.md': 'A refund takes five days.', 'shipping.md': 'We ship by sea.' } };

const open = closedAfterTests();

let rig: KnowledgeRig;
beforeEach(async () => {
  rig = await startKnowledge({ objects: OBJECTS });
});
afterEach(() => rig.close());

const asked = (collection: CollectionEmulator) => collection.requests.map(({ method, path }) => `${method} ${path}`);
const indexWith = (vector: object) => ({
  settings: { index: { knn: true } },
  mappings: { properties: { vector: { type: 'knn_vector', dimension: 256, method: { name: 'hnsw' }, ...vector } } },
});

describe('a knowledge base on OpenSearch Serverless', () => {
  it('is created with its index, filled, and searched by words too', async () => {
    const { id } = await rig.baseAdministration.create(INPUT);
    const source = await rig.sources.create(id, {
      name: 'all',
      bucketArn: 'arn:aws:s3:::manuals',
      chunking: { strategy: 'NONE' },
      deletion: 'DELETE',
    });
    const job = await rig.sources.ingest(id, source.id);
    await expect.poll(async () => (await rig.sources.ingestion(id, job.id)).status, SOON).toBe('COMPLETE');
    const target = { knowledgeBaseId: id, numberOfResults: 5, filter: {}, searchType: 'HYBRID' } as const;

    expect(asked(rig.servers.collection)).toEqual(['GET /manuals', 'PUT /manuals']);
    expect(rig.servers.collection.visibleIndex('manuals')?.properties).toEqual({
      vector: { type: 'knn_vector', dimension: 256, method: { name: 'hnsw', engine: 'faiss', space_type: 'l2' } },
      text: { type: 'text' },
      metadata: { type: 'text', index: false },
    });
    expect((await rig.baseAdministration.get(id)).storage).toEqual({
      kind: 'OPENSEARCH_SERVERLESS',
      collectionArn: STORAGE.collectionArn,
      vectorIndexName: 'manuals',
    });
    expect(await rig.knowledgeBases.retrieve(target, 'refund')).toHaveLength(2);
  });

  it('takes an index that is there and fits', async () => {
    rig.servers.collection.putIndex('manuals', indexWith({}));
    await rig.baseAdministration.create(INPUT);

    expect(asked(rig.servers.collection)).toEqual(['GET /manuals']);
  });

  it.each([
    ['of other dimensions', indexWith({ dimension: 1024 }), /has 1024 dimensions, not 256/],
    ['with an engine that Bedrock cannot use', indexWith({ method: { name: 'hnsw', engine: 'nmslib' } }), /nmslib/],
    ['without vectors in that field', { mappings: { properties: { vector: { type: 'text' } } } }, /has no vectors in/],
    ['without any field', {}, /has no vectors in the field vector/],
  ])('is not put on an index %s', async (_what, body, message) => {
    rig.servers.collection.putIndex('manuals', body);

    await expect(rig.baseAdministration.create(INPUT)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(message) as string,
    });
    expect(rig.servers.bases.requests).toEqual([]);
  });

  it('waits until Bedrock sees the new index', async () => {
    const clock = new FakeClock();
    const slow = await startKnowledge({ collection: { clock, visibleAfterMs: 10_000 } });
    const creating = slow.baseAdministration.create(INPUT);
    await expect.poll(() => slow.servers.bases.requests[0]?.status, SOON).toBe(400);
    clock.advance(10_000);

    expect((await creating).status).toBe('CREATING');
    await slow.close();
  });

  it('is given up with what to do when Bedrock does not see it for long', async () => {
    const slow = await startKnowledge({ collection: { visibleAfterMs: 3_600_000 } });

    await expect(slow.baseAdministration.create(INPUT)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/does not see the index manuals yet.*Repeat this/) as string,
    });
    await slow.close();
  });

  it('comes to be also when somebody else makes the index at the same time', async () => {
    const { collection } = rig.servers;
    const isLook = ({ method }: { method: string }) => method === 'GET';
    const missing = { kind: 'http', status: 404, type: 'index_not_found_exception' } as const;
    collection.putIndex('manuals', indexWith({}));
    collection.failNext(missing, 1, isLook);

    await rig.baseAdministration.create(INPUT);

    expect(asked(collection)).toEqual(['GET /manuals', 'PUT /manuals', 'GET /manuals']);
  });
});

describe('a collection that does not do as it is asked', () => {
  it.each(['aoss:DescribeIndex', 'aoss:CreateIndex'])('is told of with the rights that it takes: %s', async (right) => {
    const denied = await startKnowledge({ collection: { denied: [right] } });

    await expect(denied.baseAdministration.create(INPUT)).rejects.toMatchObject({
      code: 'AWS_REFUSED',
      message: expect.stringMatching(
        /^OpenSearch Serverless: .*403 Forbidden.*aoss:DescribeIndex and aoss:CreateIndex.*aoss:APIAccessAll/,
      ) as string,
    });
    await denied.close();
  });

  it.each([
    [{ kind: 'reset' }, 'AWS_UNREACHABLE'],
    [{ kind: 'cut', afterBytes: 5 }, 'AWS_UNREACHABLE'],
    [{ kind: 'html', status: 502 }, 'AWS_UNREACHABLE'],
    [{ kind: 'http', status: 429, type: 'Throttling', message: 'slow down' }, 'TOO_MANY_REQUESTS'],
    [{ kind: 'http', status: 403, type: 'ExpiredTokenException', message: 'expired' }, 'AWS_REFUSED'],
    [{ kind: 'http', status: 307, type: 'Moved', headers: { location: 'http://127.0.0.1:1/' } }, 'AWS_UNREACHABLE'],
  ] as const)('is named, and nothing is created: %j', async (fault, code) => {
    rig.servers.collection.failNext(fault);

    const error = await rig.baseAdministration.create(INPUT).catch((each: unknown) => each);

    expect(error).toMatchObject({ code, message: expect.stringMatching(/^OpenSearch Serverless: ./) as string });
    expect(String(error)).not.toMatch(/<html/);
    expect(rig.servers.bases.requests).toEqual([]);
  });

  it('is not waited for without end', async () => {
    const { collection } = rig.servers;
    const { url: endpoint, region, credentials } = collection;
    const place = { endpoint, region, credentials };
    const requests = collectionRequests({ place, clock: realClock(), inactivityLimitMs: 50 });
    collection.failNext({ kind: 'hang' });

    await expect(requests.send(STORAGE, { method: 'GET', path: '/manuals' })).rejects.toMatchObject({
      code: 'AWS_UNREACHABLE',
    });
    requests.close();
  });

  it('is refused with its reason when it takes no such index', async () => {
    const storage = { ...STORAGE, vectorIndexName: '-manuals' };

    await expect(rig.baseAdministration.create({ ...INPUT, storage })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringMatching(/Invalid index name \[-manuals\]/) as string,
    });
  });
});

describe('what a collection answers', () => {
  const TOO_LONG = {
    code: 'AWS_UNREACHABLE',
    message: 'OpenSearch Serverless: AnswerTooLong: the answer has more than 1048576 bytes',
  };
  const fields = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`a field of our own with a long name ${at}`, FIELD]));
  const FIELD = { type: 'text', fields: { keyword: { type: 'keyword', ignore_above: 256 } } };
  const indexWithFields = (count: number) => {
    const { settings, mappings } = indexWith({});
    return { settings, mappings: { properties: { ...mappings.properties, ...fields(count) } } };
  };

  it('may be about an index with as many fields as there can be', async () => {
    rig.servers.collection.putIndex('manuals', indexWithFields(999));
    await rig.baseAdministration.create(INPUT);

    expect(asked(rig.servers.collection)).toEqual(['GET /manuals']);
  });

  it('is refused in words when it is longer than any, and nothing is created', async () => {
    rig.servers.collection.putIndex('manuals', indexWithFields(10_000));

    await expect(rig.baseAdministration.create(INPUT)).rejects.toMatchObject(TOO_LONG);
    expect(rig.servers.bases.requests).toEqual([]);
  });

  it('is refused likewise when it is a failure', async () => {
    rig.servers.collection.failNext({ kind: 'http', status: 500, type: 'Failed', message: 'x'.repeat(1024 * 1024) });

    await expect(rig.baseAdministration.create(INPUT)).rejects.toMatchObject(TOO_LONG);
  });

  it('is not read on when it never ends, and its connection closed', async () => {
    const server = await startPlainServer(neverEnding);
    const requests = collectionRequests({ place: placeOf(server.url), clock: realClock() });
    open.push(server, requests);

    expect(await failureOfPromise(requests.send(STORAGE, { method: 'GET', path: '/manuals' }))).toMatchObject(TOO_LONG);
    await server.dropped;
  });
});
