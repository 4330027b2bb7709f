import { expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { knowledge } from '../../src/knowledge/knowledge.js';
import {
  type Answer,
  closedAfterTests,
  failureOfPromise,
  neverEnding,
  placeOf,
  sendJson,
  startPlainServer,
} from '../agents/rig.js';

const open = closedAfterTests();

const MIB = 1024 * 1024;
const TOO_LONG = {
  code: 'TOOL_FAILED',
  message: 'the document search found more than can be read',
  details: { reason: 'bad-answer', retryable: false, service: expect.stringContaining('more than 2097152 bytes') },
};
const embedding = { embedding: Array(256).fill(0.0625), inputTextTokenCount: 3 };
const BASE = { knowledgeBaseId: 'KB12345678', numberOfResults: 100, filter: {}, searchType: 'SEMANTIC' } as const;
const INDEX = {
  vectorBucketName: 'documents',
  indexName: 'manuals',
  topK: 100,
  embeddingModelId: 'amazon.titan-embed-text-v2:0',
  dimensions: 256,
  filter: {},
  textKey: 'text',
};

async function rig(answer: Answer) {
  const server = await startPlainServer((request, response, count) => {
    if (request.url.endsWith('/invoke')) sendJson(response, 200, embedding);
    else answer(request, response, count);
  });
  const place = placeOf(server.url);
  const room = knowledge({
    places: { bedrock: place, knowledgeBases: place, vectors: place },
    clock: new FakeClock(),
  });
  open.push(server, room);
  return { server, room };
}

/** Passages of that length together, in one answer to either question. */
const passages = (length: number): Answer => {
  const text = 'x'.repeat(length);
  return (_request, response) =>
    sendJson(response, 200, {
      retrievalResults: [{ content: { text }, score: 0.5 }],
      vectors: [{ key: 'a', distance: 0.5, metadata: { text } }],
      distanceMetric: 'cosine',
    });
};

it('of an answer of just less than 2 MB the beginning of its passages is given', async () => {
  const { room } = await rig(passages(MIB * 0.95));

  for (const found of [
    await room.knowledgeBases.retrieve(BASE, 'How long?'),
    await room.vectorIndexes.query(INDEX, 'How long?'),
  ]) {
    expect(found).toMatchObject([{ text: expect.stringMatching(/^x{1000}…$/), score: 0.5 }]);
  }
});

it.each([
  ['in JSON', 429, 'application/json', JSON.stringify({ message: 'x'.repeat(MIB) }), 'throttled'],
  ['that is a web page', 503, 'text/html', `<html>${'x'.repeat(MIB)}</html>`, 'unavailable'],
])('a failure of 1 MB %s is told as a short one', async (_what, status, contentType, body, reason) => {
  const { room } = await rig((_request, response) => {
    const kind = status === 429 ? { 'x-amzn-errortype': 'ThrottlingException' } : {};
    response.writeHead(status, { 'content-type': contentType, ...kind }).end(body);
  });
  const asked = [room.knowledgeBases.retrieve(BASE, 'a'), room.vectorIndexes.query(INDEX, 'a')];

  for (const failure of await Promise.all(asked.map(failureOfPromise))) {
    expect(failure).toMatchObject({ code: 'TOOL_FAILED', details: { reason } });
  }
});

it('an embedding that is longer than any is not read on', async () => {
  const server = await startPlainServer((_request, response) =>
    sendJson(response, 200, { embedding: Array(256).fill(0.0625), more: 'x'.repeat(MIB) }),
  );
  const place = placeOf(server.url);
  const room = knowledge({ places: { bedrock: place, knowledgeBases: place, vectors: place }, clock: new FakeClock() });
  open.push(server, room);

  expect(await failureOfPromise(room.vectorIndexes.query(INDEX, 'a'))).toMatchObject({
    code: 'TOOL_FAILED',
    message: 'the document search found more than can be read',
    details: { reason: 'bad-answer', service: expect.stringContaining('more than 262144 bytes') },
  });
});

it.each(['a knowledge base', 'an index'])('a longer answer of %s is refused in words', async (whose) => {
  const { room } = await rig(passages(2 * MIB));
  const asked = whose === 'an index' ? room.vectorIndexes.query(INDEX, 'a') : room.knowledgeBases.retrieve(BASE, 'a');

  expect(await failureOfPromise(asked)).toMatchObject(TOO_LONG);
});

it.each(['a knowledge base', 'an index'])(
  'an answer of %s that never ends is not read on, and its connection closed',
  async (whose) => {
    const { room, server } = await rig(neverEnding);
    const asked = whose === 'an index' ? room.vectorIndexes.query(INDEX, 'a') : room.knowledgeBases.retrieve(BASE, 'a');

    expect(await failureOfPromise(asked)).toMatchObject(TOO_LONG);
    await server.dropped;
  },
);
