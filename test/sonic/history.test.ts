import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shapedHistory } from '../../src/sonic/history.js';

describe('history', () => {
  it('keeps the newest that fits, in the shape that the service takes', () => {
    const message = fc.record({
      role: fc.constantFrom('caller' as const, 'agent' as const),
      text: fc.string({ minLength: 1, maxLength: 3000 }),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 120 }), (history) => {
        const shaped = shapedHistory(history);

        expect(shaped.length).toBeLessThanOrEqual(40);
        expect(shaped.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)).toBeLessThanOrEqual(38_000);
        expect(shaped.map(({ role }) => role)).toEqual(
          shaped.map((_, index) => (index % 2 === 0 ? 'caller' : 'agent')),
        );
        if (shaped.length > 0) expect(shaped.at(-1)!.text.endsWith(history.at(-1)!.text)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('leaves a short conversation as it was', () => {
    const history = [
      { role: 'caller' as const, text: 'one' },
      { role: 'agent' as const, text: 'two' },
    ];

    expect(shapedHistory(history)).toEqual(history);
  });
});
