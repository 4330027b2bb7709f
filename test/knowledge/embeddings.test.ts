import { afterEach, describe, expect, it } from 'vitest';
import { type AwsServer, startAwsServer } from '../../src/emulator/aws/server.js';
import { DEFAULT_CREDENTIALS, DEFAULT_REGION } from '../../src/emulator/aws/signature.js';
import { type Embeddings, embeddings } from '../../src/knowledge/embeddings.js';
import { inParallel } from '../../src/knowledge/in-parallel.js';
import { MODEL } from './rig.js';

const QUESTION = { embeddingModelId: MODEL, dimensions: 256 };
const VECTOR = Array.from({ length: 256 }, (_, i) => i / 256);

let server: AwsServer;
let embedded: Embeddings;
afterEach(async () => {
  embedded.close();
  await server.close();
});

async function start(answer: () => string | object = () => ({ embedding: VECTOR })) {
  server = await startAwsServer({ service: 'bedrock', handle: () => ({ status: 200, body: answer() }) });
  embedded = embeddings({
    place: { endpoint: server.url, region: DEFAULT_REGION, credentials: DEFAULT_CREDENTIALS },
  });
}

describe('an embedding', () => {
  it('is of length one and of the dimensions that were asked for', async () => {
    await start();

    expect(await embedded.ofQuestion(QUESTION, 'refund')).toEqual(VECTOR);
    expect(server.requests[0]!.path).toBe('/model/amazon.titan-embed-text-v2%3A0/invoke');
    expect(JSON.parse(server.requests[0]!.body.toString())).toEqual({
      inputText: 'refund',
      dimensions: 256,
      normalize: true,
    });
  });

  it('of a question is remembered, apart by model, dimensions and words; of a passage it is not', async () => {
    await start();
    const other = { ...QUESTION, embeddingModelId: 'arn:aws:bedrock:us-east-1::foundation-model/other' };

    for (const model of [QUESTION, QUESTION, other]) await embedded.ofQuestion(model, 'refund');
    await embedded.ofQuestion(QUESTION, 'Refund');
    expect(server.requests).toHaveLength(3);
    for (const _again of [1, 2]) await embedded.ofPassage(QUESTION, 'refund');
    expect(server.requests).toHaveLength(5);
  });

  it('that was asked for long ago is forgotten first', async () => {
    await start();
    const ask = (i: number) => embedded.ofQuestion(QUESTION, `question ${i}`);

    await inParallel(
      Array.from({ length: 500 }, (_, i) => i),
      20,
      ask,
    );
    await ask(0);
    expect(server.requests).toHaveLength(500);
    await ask(500);
    // Number 0 was asked again meanwhile; one of the others had to go.
    await ask(0);
    expect(server.requests).toHaveLength(501);
  });

  it.each([
    ['is no JSON', () => 'oh dear'],
    ['is no list', () => ({ embedding: 'x' })],
    ['holds something else than numbers', () => ({ embedding: VECTOR.map(String) })],
    ['has other dimensions', () => ({ embedding: [1, 2] })],
    ['is null', () => 'null'],
  ])('that %s is an answer that cannot be read', async (_what, answer) => {
    await start(answer);

    await expect(embedded.ofQuestion(QUESTION, 'refund')).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      details: { reason: 'bad-answer', retryable: false },
    });
  });
});

describe('work in parallel', () => {
  it('is done a few at a time, with the results in order', async () => {
    await start();
    let running = 0;
    let most = 0;
    const results = await inParallel([5, 1, 4, 2, 3], 2, async (turns) => {
      most = Math.max(most, ++running);
      for (let i = 0; i < turns; i++) await Promise.resolve();
      running--;
      return turns * 10;
    });

    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });

  it('is not begun any more once something failed', async () => {
    await start();
    const begun: number[] = [];
    const work = inParallel([1, 2, 3, 4, 5, 6], 2, async (item) => {
      begun.push(item);
      if (item === 2) throw new Error('no');
      await Promise.resolve();
    });

    await expect(work).rejects.toThrow('no');
    expect(begun.length).toBeLessThan(6);
  });
});
