import { describe, expect, it } from 'vitest';
import { heardText, shortenedTo } from '../../src/media/heard-text.js';

const SENTENCES = [
  { text: 'Your number is seven.', startMs: 0, endMs: 2000 },
  { text: 'Goodbye', startMs: 2000, endMs: 2600 },
];

describe('heard text', () => {
  it.each([
    [0, ''],
    [600, ''],
    [700, 'Your'],
    [1350, 'Your number'],
    [1999, 'Your number is'],
    [2000, 'Your number is seven.'],
    [2500, 'Your number is seven.'],
    [2600, 'Your number is seven. Goodbye'],
    [9000, 'Your number is seven. Goodbye'],
  ])('of what was heard for %i ms is "%s"', (heardMs, text) => {
    expect(heardText(SENTENCES, heardMs)).toBe(text);
  });

  it('credits words of a long sentence later, as their places in it are less certain', () => {
    const text = Array.from({ length: 20 }, () => 'word').join(' ');
    const sentences = [{ text, startMs: 0, endMs: 16_000 }];

    expect(heardText(sentences, 1150)).toBe('');
    expect(heardText(sentences, 1200)).toBe('word');
  });

  it('credits the words of a sentence later whose end is not known yet', () => {
    const sentences = [{ text: 'one two three four', startMs: 0, endMs: 2200, isEndEstimated: true }];

    expect(heardText(sentences, 862)).toBe('');
    expect(heardText(sentences, 864)).toBe('one');
  });

  it('leaves out sentences without audio', () => {
    expect(heardText([{ text: 'Never spoken', startMs: 0, endMs: 0 }], 5000)).toBe('');
  });
});

describe("the model's own word", () => {
  it('shortens what the ledger credits', () => {
    expect(shortenedTo('Your number is seven', 'your number, is')).toBe('Your number is');
  });

  it('never lengthens it, and is ignored when it tells of something else', () => {
    expect(shortenedTo('Your number', 'Your number is seven')).toBe('Your number');
    expect(shortenedTo('Your number is seven', 'Goodbye')).toBe('Your number is seven');
  });
});
