import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHUNK_LIMITS, chunksOf, type Section, spansOf } from '../../src/knowledge/chunks.js';

const SMALL = { maxTokens: 20, overlapTokens: 4 };
/** As they are estimated. */
const tokensIn = (text: string) => Math.ceil(Buffer.byteLength(text) / 4);

/** Texts with all that matters to borders: marks, lines, lists, long words, characters of up to four bytes. */
const texts = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '. ',
        '! ',
        '? ',
        '\n',
        '\n\n',
        '\n- ',
        '\n1. ',
        '…',
        '。',
        ' ',
        '  ',
        'e.g. ',
        '"',
        '......',
        '| a |',
      ),
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc.string({ unit: fc.constantFrom('a', 'B', 'é', '語', '𝛑', '👩‍👧'), maxLength: 120 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

const limits = fc
  .record({ maxTokens: fc.integer({ min: 2, max: 60 }), share: fc.double({ min: 0, max: 0.5, noNaN: true }) })
  .map(({ maxTokens, share }) => ({ maxTokens, overlapTokens: Math.floor(maxTokens * share) }));

describe('the chunks of a text', () => {
  it('lose nothing: they follow each other without a gap, from its beginning to its end', () => {
    fc.assert(
      fc.property(texts, limits, (text, limit) => {
        const spans = spansOf(text, limit);

        expect(spans[0]?.start ?? 0).toBe(0);
        expect(spans.at(-1)?.end ?? 0).toBe(text.length);
        for (const [i, { start, end }] of spans.entries()) {
          const before = spans[i - 1];
          expect(end).toBeGreaterThan(before?.end ?? 0);
          if (before) expect(start).toBeGreaterThan(before.start);
          expect(start).toBeLessThanOrEqual(before?.end ?? 0);
        }
      }),
    );
  });

  it('keep to their limits: of length, and of what is said again', () => {
    fc.assert(
      fc.property(texts, limits, (text, limit) => {
        const spans = spansOf(text, limit);

        for (const [i, { start, end }] of spans.entries()) {
          expect(tokensIn(text.slice(start, end))).toBeLessThanOrEqual(limit.maxTokens);
          const saidAgain = text.slice(start, spans[i - 1]?.end ?? start);
          expect(tokensIn(saidAgain)).toBeLessThanOrEqual(limit.overlapTokens);
        }
      }),
    );
  });

  it('are the same each time, and never end within a character', () => {
    fc.assert(
      fc.property(texts, limits, (text, limit) => {
        const chunks = chunksOf([{ text }], limit);

        expect(chunksOf([{ text }], limit)).toEqual(chunks);
        const isWhole = (part: string) => !/\p{Surrogate}/u.test(part);
        for (const chunk of chunks) expect(isWhole(chunk.text)).toBe(true);
      }),
    );
  });

  it('take time in proportion to the text, whatever it is like', () => {
    for (const part of ['.', '\n', ' ', '. ', '\n ', '"', '語', '- ', 'a. b ']) {
      const text = part.repeat(Math.floor(300_000 / part.length));

      expect(spansOf(text, CHUNK_LIMITS).at(-1)?.end).toBe(text.length);
    }
    const sections = Array.from({ length: 20_000 }, () => ({ heading: 'Title', text: 'A line of it.' }));
    expect(chunksOf(sections).length).toBeGreaterThan(100);
  });
});

describe('a border between chunks', () => {
  const borders = (text: string, limit = SMALL) =>
    spansOf(text, { ...limit, overlapTokens: 0 }).map(({ start, end }) => text.slice(start, end));

  it('lies between sentences', () => {
    const sentence = 'The order left our house on Monday evening. ';

    expect(borders(sentence.repeat(4))).toEqual([sentence, sentence, sentence, sentence]);
  });

  it.each([
    [
      'an abbreviation',
      'Some goods, e.g. the lamps of the spring collection and of the summer one, cannot be sent back.',
    ],
    [
      'a line of the same sentence',
      'Goods that were made for you alone\nare not taken back, unless they came broken or wrong.',
    ],
  ])('does not lie within a sentence: %s', (_what, sentence) => {
    const limit = { maxTokens: 30, overlapTokens: 0 };

    expect(borders(`${sentence} Thank you for reading all of this.`, limit)[0]?.trim()).toBe(sentence);
  });

  it('lies before items of a list', () => {
    const text = 'We deliver to these places:\n- Springfield, on working days\n- Shelbyville, on Fridays alone\n';

    expect(borders(text, { maxTokens: 10, overlapTokens: 0 })).toEqual([
      'We deliver to these places:\n',
      '- Springfield, on working days\n',
      '- Shelbyville, on Fridays alone\n',
    ]);
  });

  it('lies between words where a sentence is longer than a chunk', () => {
    const chunks = borders('word '.repeat(100));

    expect(chunks.length).toBeGreaterThan(5);
    for (const chunk of chunks) expect(chunk).toMatch(/^(word )+$/);
  });
});

describe('a chunk', () => {
  const page = (number: number): Section => ({
    page: number,
    text: `This is said on page ${number} of the manual, among other things. `.repeat(20),
  });

  it('says again how the one before it ended, in whole sentences', () => {
    const sentences = Array.from({ length: 60 }, (_, i) => `Sentence number ${i} says something about refunds. `);
    const [first, second] = chunksOf([{ text: sentences.join('') }]);
    const lastOfFirst = sentences.findLast((sentence) => first!.text.includes(sentence.trim()))!;

    expect(second!.text).toMatch(/^Sentence number \d+ says/);
    expect(second!.text).toContain(lastOfFirst.trim());
    expect(second!.text.indexOf(lastOfFirst.trim())).toBeGreaterThan(0);
  });

  it('tells the page on which it begins, and runs on over pages', () => {
    const chunks = chunksOf([page(1), page(2), page(3), page(4)]);

    expect(chunks.map((chunk) => chunk.page)).toEqual([1, 2, 3]);
    for (const chunk of chunks) expect(chunk.text).toMatch(new RegExp(`^This is said on page ${chunk.page} `));
    expect(chunks.some(({ text }) => text.includes('page 1') && text.includes('page 2'))).toBe(true);
  });

  it('belongs to one heading', () => {
    const chunks = chunksOf([
      { heading: 'Returns', text: 'Thirty days.' },
      { heading: 'Shipping', text: 'Two days.' },
    ]);

    expect(chunks).toEqual([
      { heading: 'Returns', text: 'Thirty days.' },
      { heading: 'Shipping', text: 'Two days.' },
    ]);
  });

  it('is never empty', () => {
    expect(chunksOf([{ text: ' \n\n ' }, { text: '', heading: 'Nothing' }])).toEqual([]);
  });
});
