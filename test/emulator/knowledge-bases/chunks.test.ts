import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunksOf } from '../../../src/emulator/knowledge-bases/chunks.js';
import { countTokens } from '../../../src/emulator/models/tokens.js';

const sentence = (number: number) => `This is sentence number ${number} of the text.`;
const TEXT = Array.from({ length: 30 }, (_, number) => sentence(number)).join(' ');

describe('a chunk', () => {
  it('ends with a sentence and begins with the end of the one before', () => {
    const chunks = chunksOf(TEXT, { maxTokens: 50, overlapPercentage: 20 });

    expect(chunks.length).toBeGreaterThan(5);
    for (const [position, chunk] of chunks.entries()) {
      expect(chunk).toMatch(/\.$/);
      const next = chunks[position + 1];
      if (next) expect(chunk.endsWith(next.slice(0, next.indexOf('.') + 1))).toBe(true);
    }
  });

  it('is no longer than allowed, and no word is lost', () => {
    const words = fc.array(fc.constantFrom('word', 'another', 'end.', '\n\n', 'incomprehensibilities', 'Q.'), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(
        words,
        fc.integer({ min: 5, max: 40 }),
        fc.integer({ min: 1, max: 99 }),
        (list, maxTokens, overlap) => {
          const text = list.map((word, position) => `${word}${position}`).join(' ');
          const chunks = chunksOf(text, { maxTokens, overlapPercentage: overlap });
          const covered = new Set(chunks.flatMap((chunk) => chunk.match(/[\p{L}\p{N}]+/gu) ?? []));

          expect([...covered].sort()).toEqual([...new Set(text.match(/[\p{L}\p{N}]+/gu) ?? [])].sort());
          for (const chunk of chunks) expect(countTokens(chunk)).toBeLessThanOrEqual(maxTokens);
        },
      ),
    );
  });

  it('is the whole text where nothing is cut, and there is none of a text without words', () => {
    expect(chunksOf(`  ${TEXT}\n`, undefined)).toEqual([TEXT]);
    expect(chunksOf(' \n', undefined)).toEqual([]);
    expect(chunksOf('', { maxTokens: 10, overlapPercentage: 20 })).toEqual([]);
  });

  it('is a single word where that alone is too long', () => {
    const chunks = chunksOf('supercalifragilisticexpialidocious word', { maxTokens: 1, overlapPercentage: 20 });

    expect(chunks).toEqual(['supercalifragilisticexpialidocious', 'word']);
  });
});
