import { describe, expect, it } from 'vitest';
import { SLICE_BYTES } from '../../src/agents/body.js';
import { readAnswer } from '../../src/agents/runtime-answer.js';

const SENTENCE = 'Of this there is a lot to be said, and nobody will hear it. ';
const WORDS = SENTENCE.repeat(16_000);
const ORDERS = Array.from({ length: 14_000 }, (_, id) => ({ id, state: 'shipped', note: 'left at "the door"' }));
const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const JSON_TYPE = 'application/json';
const STREAM = 'text/event-stream';

const ANSWERS: [string, string, string, string][] = [
  ['words in JSON', JSON_TYPE, JSON.stringify({ result: WORDS }), SENTENCE],
  ['data', JSON_TYPE, JSON.stringify({ orders: ORDERS }), '{"orders":[{"id":0,'],
  [
    'JSON within JSON',
    JSON_TYPE,
    JSON.stringify(JSON.stringify({ orders: ORDERS.slice(0, 5000), response: WORDS.slice(0, 500_000) })),
    SENTENCE,
  ],
  ['plain words', 'text/plain', WORDS, SENTENCE],
  ['words in many events', STREAM, event(SENTENCE).repeat(12_000), SENTENCE],
  ['words in events, each with all words before', STREAM, growing(), SENTENCE],
  ['words in one event', STREAM, event({ message: { content: [{ text: WORDS }] } }), SENTENCE],
  ['data in one event', STREAM, event({ orders: ORDERS }), '{"orders":[{"id":0,'],
  [
    'words that come twice',
    STREAM,
    event(WORDS.slice(0, 400_000)) + event({ result: WORDS.slice(0, 400_000) }),
    SENTENCE,
  ],
];

function growing(): string {
  return Array.from({ length: 170 }, (_, count) => event({ result: SENTENCE.repeat(count + 1) })).join('');
}

/** All in one piece: as it is when the network is faster than we are. */
async function* body(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

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

describe('an answer of nearly 1 MB', () => {
  it.each(ANSWERS)(
    'of %s leaves audio its turn while it is read, and of it is kept what can be spoken',
    async (_what, contentType, text, beginning) => {
      const stop = countTurns();
      const answer = await readAnswer({ contentType, body: body(text) });
      const turnCount = stop();

      expect(text.length).toBeGreaterThan(700_000);
      expect(turnCount).toBeGreaterThanOrEqual(Math.floor(text.length / SLICE_BYTES));
      expect(answer.text.startsWith(beginning.trim())).toBe(true);
      expect(answer.text.length).toBeGreaterThan(4000);
      expect(answer.text.length).toBeLessThan(60_000);
      expect(answer.notes).toEqual([]);
    },
  );

  it.each([
    ['JSON', JSON_TYPE, JSON.stringify({ output: { orders: ORDERS, error: 'no such order' } })],
    ['an event', STREAM, event({ orders: ORDERS, error: 'no such order' })],
    ['the last event', STREAM, event(SENTENCE).repeat(12_000) + event({ error: 'no such order' })],
  ])('that tells an error at the end of %s is that error', async (_what, contentType, text) => {
    await expect(readAnswer({ contentType, body: body(text) })).rejects.toMatchObject({
      message: 'the agent: no such order',
      details: { reason: 'agent-error' },
    });
  });

  it('that comes as words and again as a whole is told once', async () => {
    const { text } = await readAnswer({
      contentType: STREAM,
      body: body(event(WORDS.slice(0, 300_000)) + event({ result: WORDS.slice(0, 300_000).replaceAll(' ', '\n') })),
    });
    expect(text.length).toBeLessThanOrEqual(16_384);
  });

  it('that breaks off within JSON is no answer', async () => {
    const text = JSON.stringify({ result: WORDS }).slice(0, -2);
    await expect(readAnswer({ contentType: JSON_TYPE, body: body(text) })).rejects.toMatchObject({
      details: { reason: 'bad-answer' },
    });
  });
});
