import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trimmed } from '../../src/tools/passages.js';

const passage = (text: string, score = 0.5, source: string | null = 'handbook.pdf') => ({ text, score, source });

describe('passages', () => {
  it('come best first, with their source and a short score', () => {
    expect(trimmed([passage('later', 0.31), passage('first', 0.912345), passage('nowhere', 0.1, null)])).toEqual([
      { text: 'first', source: 'handbook.pdf', score: 0.912 },
      { text: 'later', source: 'handbook.pdf', score: 0.31 },
      { text: 'nowhere', score: 0.1 },
    ]);
  });

  it('leave out what was said already, and what says nothing', () => {
    expect(trimmed([passage('the same\n text'), passage('the  same text'), passage('  ')])).toHaveLength(1);
  });

  it('leave room for a second one, and are cut at a word', () => {
    const [first, second] = trimmed([passage('best word '.repeat(200), 0.9), passage('other word '.repeat(200), 0.8)]);

    expect(first?.text).toMatch(/^best word .*(best|word)…$/);
    expect(first?.text.length).toBeGreaterThan(850);
    expect(second?.text.length).toBeGreaterThan(550);
  });

  it('never come to more than fits a turn, and none is a scrap of a longer one', () => {
    const drawn = fc.record({
      text: fc.tuple(fc.string(), fc.nat(300)).map(([text, times]) => text.repeat(times)),
      source: fc.constant(null),
      score: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(drawn), (passages) => {
        const kept = trimmed(passages);

        expect(kept.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(1500);
        for (const { text } of kept) if (text.endsWith('…')) expect(text.length).toBeGreaterThanOrEqual(60);
      }),
    );
  });
});
