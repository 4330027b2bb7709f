import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ItemLists } from '../../src/knowledge/item-lists.js';
import { SLICE_BYTES, shortAnswer } from '../../src/knowledge/short-answer.js';
import { shortResults, shortVectors } from '../../src/knowledge/short-passages.js';

const SENTENCE = 'Of this there is a lot to be said, and "nobody" will hear it.\n';
const WORDS = SENTENCE.repeat(16_000);
const NUMBERS = Array.from({ length: 4000 }, (_, index) => index);
const MANY = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`key ${index}`, SENTENCE.repeat(10)]));
const SOURCE = { 'x-amz-bedrock-kb-source-uri': 's3://docs/a.md' };

const result = (text: string, score: number, metadata: object) => ({
  content: { type: 'TEXT', text },
  location: { type: 'S3', s3Location: { uri: 's3://docs/a.md' } },
  ...{ score, metadata: { ...metadata, ...SOURCE } },
});
const vector = (text: string, distance: number, metadata: object) => ({
  ...{ key: 'a#0', distance },
  // What is there besides comes first.
  metadata: { ...metadata, ...SOURCE, text },
});
const results = (count: number, text: string, metadata: object = {}) => ({
  retrievalResults: Array.from({ length: count }, (_, index) => result(text, 1 - index / 1000, metadata)),
  nextToken: 'more',
});
const vectors = (count: number, text: string, metadata: object = {}) => ({
  vectors: Array.from({ length: count }, (_, index) => vector(text, index / 1000, metadata)),
  distanceMetric: 'cosine',
});

/** All in one piece: as it is when the network is faster than we are. */
async function* body(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const short = async (text: string, reader: ItemLists) => (await shortAnswer(body(text), reader)).toString();

/** Counts the turns that others have, until it is stopped. */
function countTurns() {
  let count = 0;
  let isStopped = false;
  const turn = () => {
    if (isStopped) return;
    count++;
    setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    isStopped = true;
    return count;
  };
}

describe('an answer of some 2 MB', () => {
  const ANSWERS: [string, number, object, object][] = [
    ['long texts', 100, results(100, WORDS.slice(0, 17_000)), vectors(100, WORDS.slice(0, 17_000))],
    ['one text', 1, results(1, WORDS), vectors(1, WORDS)],
    ['much metadata', 60, results(60, SENTENCE, MANY), vectors(60, SENTENCE, MANY)],
    ['long lists of numbers', 100, results(100, SENTENCE, { NUMBERS }), vectors(100, SENTENCE, { NUMBERS })],
  ];

  it.each(ANSWERS)(
    'with %s leaves audio its turn, and of each passage its beginning and its source are kept',
    async (_what, count, ofBase, ofIndex) => {
      for (const [answer, lists] of [
        [ofBase, shortResults()],
        [ofIndex, shortVectors('text')],
      ] as const) {
        const text = JSON.stringify(answer);
        const stop = countTurns();
        const kept = await short(text, lists);
        const turnCount = stop();

        expect(text.length).toBeGreaterThan(900_000);
        expect(turnCount).toBeGreaterThanOrEqual(Math.floor(text.length / SLICE_BYTES));
        // The SDK parses it at one go: of the slowest there is, numbers, less than 32 KB.
        expect(kept.length).toBeLessThan(200_000);
        expect(kept.match(/\d+/g)!.join().length).toBeLessThan(32_000);
        const { retrievalResults, vectors } = JSON.parse(kept);
        const items = retrievalResults ?? vectors;
        expect(items).toHaveLength(count);
        for (const { content, metadata } of items) {
          expect((content?.text ?? metadata.text).startsWith(SENTENCE.slice(0, 60))).toBe(true);
          expect(metadata).toMatchObject(SOURCE);
        }
      }
    },
  );

  it('keeps what stands beside its passages', async () => {
    expect(JSON.parse(await short(JSON.stringify(results(1, WORDS)), shortResults()))).toMatchObject({
      retrievalResults: [
        {
          content: { type: 'TEXT', text: expect.stringMatching(/…$/) },
          ...{ score: 1, location: { type: 'S3', s3Location: { uri: 's3://docs/a.md' } } },
        },
      ],
      nextToken: 'more',
    });
  });

  it('says of a passage how much of its metadata is left out', async () => {
    const { vectors: items } = JSON.parse(
      await short(JSON.stringify(vectors(60, SENTENCE, { ...MANY, page: 7 })), shortVectors('text')),
    );

    expect(items[0].metadata).toMatchObject({ page: 7, '(left out)': expect.stringMatching(/^\d+ more fields$/) });
  });

  it.each([
    ['breaks off', JSON.stringify(results(60, WORDS.slice(0, 17_000))).slice(0, -2)],
    ['is a web page', `<html>${WORDS}</html>`],
    ['goes on behind its end', `{}${' '.repeat(100_000)}{}`],
    ['has broken passages', JSON.stringify(results(60, WORDS.slice(0, 17_000))).replaceAll('"score":', '"score"')],
  ])('that %s is no JSON afterwards either', async (_what, text) => {
    const kept = await short(text, shortResults());

    expect(() => JSON.parse(kept)).toThrow(SyntaxError);
    expect(kept.length).toBeLessThan(2000);
    expect(text.startsWith(kept.slice(0, 100))).toBe(true);
  });
});

describe('a short answer', () => {
  it('is left as it is', async () => {
    const text = JSON.stringify(results(5, SENTENCE.repeat(40), { page: 7 }), undefined, 2);

    expect(await short(text, shortResults())).toBe(text);
  });
});

describe('lists of items in JSON', () => {
  it('are found however the text is cut, and nothing else is changed', () => {
    const list = fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })), { maxLength: 5 });
    const answers = fc.dictionary(fc.string(), fc.oneof(list, fc.jsonValue({ maxDepth: 2 })));
    fc.assert(
      fc.property(answers, fc.integer({ min: 1, max: 9 }), (answer, pieceLength) => {
        const lists = new ItemLists((item) => ({ item }));
        const text = JSON.stringify(answer);
        for (let at = 0; at < text.length; at += pieceLength) lists.push(text.slice(at, at + pieceLength));
        const isItem = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
        const wrapped = (value: unknown) =>
          Array.isArray(value) ? value.map((each) => (isItem(each) ? { item: each } : each)) : value;
        const expected = Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, wrapped(value)]));

        expect(JSON.parse(lists.end()!)).toEqual(JSON.parse(JSON.stringify(expected)));
      }),
    );
  });
});
