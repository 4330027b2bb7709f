import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heardWords, lateWords } from '../../src/chaos/ear.js';
import { spokenLine } from '../../src/chaos/lines.js';
import { matchesOf, receivedOf } from '../../src/chaos/matching.js';
import { Microphone } from '../../src/chaos/microphone.js';

const SAMPLES_PER_MS = 8;
const BYTES_PER_SAMPLE = 2;
const FRAME_BYTES = 20 * SAMPLES_PER_MS * BYTES_PER_SAMPLE;

const question = (text: string) => ({
  ...{ transcript: text, answer: spokenLine(text), toolToken: undefined, isRealTime: false },
  asked: [],
});

describe('a microphone', () => {
  const { samples } = new Microphone(4000, 5);

  it('tells of any stretch of what was heard where in the call it belongs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3900 * SAMPLES_PER_MS }), (from) => {
        const heard = samples.subarray(from * BYTES_PER_SAMPLE, from * BYTES_PER_SAMPLE + FRAME_BYTES);

        expect(matchesOf(heard, samples, 2)).toEqual([{ at: 0, from: from * BYTES_PER_SAMPLE, length: FRAME_BYTES }]);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['lost', 1],
    ['lost', 160],
    ['heard twice', 1],
    ['heard twice', 160],
  ])('shows samples that were %s: %i', (what, count) => {
    const cut = 1000 * SAMPLES_PER_MS * BYTES_PER_SAMPLE;
    const on = cut + (what === 'lost' ? count : -count) * BYTES_PER_SAMPLE;
    const heard = Buffer.concat([samples.subarray(0, cut), samples.subarray(on)]);

    const [before, after] = matchesOf(heard, samples, 2);

    expect(before!.from + before!.length).toBe(cut);
    expect(after!.from).toBe(on);
  });
});

describe('an ear', () => {
  const questions = [question('one two three.'), question('seven eight nine.')];
  const [first, second] = questions.map(({ answer }) => answer.mulaw) as [Buffer, Buffer];
  const silence = Buffer.alloc(4000, 0xff);

  it('knows every word that sounded, and of which answer it is', () => {
    const heard = heardWords(Buffer.concat([silence, first, silence, second]), questions);

    expect(heard.map(({ question: of, word }) => [of, word])).toEqual([
      ...[0, 1, 2].map((word) => [0, word]),
      ...[0, 1, 2].map((word) => [1, word]),
    ]);
  });

  it('does not count a word that was cut off', () => {
    const { words, mulaw } = questions[0]!.answer;
    const cut = Math.round(((words[1]!.startMs + words[1]!.endMs) / 2) * SAMPLES_PER_MS);

    const heard = heardWords(Buffer.concat([mulaw.subarray(0, cut), silence]), questions);

    expect(heard.map(({ word }) => word)).toEqual([0]);
  });

  it('counts a word that sounded twice two times, and one with a pause in it once', () => {
    const middle = first.length >> 1;
    const twice = heardWords(Buffer.concat([first, silence, first]), questions);
    const halting = heardWords(Buffer.concat([first.subarray(0, middle), silence, first.subarray(middle)]), questions);

    expect(twice).toHaveLength(6);
    expect(halting).toHaveLength(3);
    expect(lateWords(twice, questions, 40)).toEqual([]);
    expect(lateWords(halting, questions, 40)).toMatchObject([{ lateMs: 500 }]);
  });
});

it('what was received of a stretch counts as often as it was', () => {
  const matches = [
    { at: 0, from: 100, length: 50 },
    { at: 50, from: 120, length: 30 },
  ];

  expect(receivedOf(matches, 110, 150)).toBe(70);
});
