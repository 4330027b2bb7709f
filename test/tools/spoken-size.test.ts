import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SPOKEN_SIZE, spokenSize } from '../../src/tools/spoken-size.js';

const sizeOf = (value: unknown) => JSON.stringify(value).length;
const longText = fc.tuple(fc.string({ unit: 'binary' }), fc.nat(400)).map(([text, times]) => text.repeat(times));
const anything = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.oneof(longText, fc.string(), fc.double(), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 80 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 20 }),
  ),
})).value;
const output = fc.dictionary(fc.string(), anything, { maxKeys: 40 });

describe('the spoken size of a result', () => {
  it('is never above the limit, and what is left is JSON of an object', () => {
    fc.assert(
      fc.property(output, fc.integer({ min: 2, max: SPOKEN_SIZE }), (value, limit) => {
        const spoken = spokenSize(value, limit);

        expect(sizeOf(spoken)).toBeLessThanOrEqual(limit);
        expect(sizeOf(JSON.parse(JSON.stringify(spoken)))).toBe(sizeOf(spoken));
        expect(Array.isArray(spoken)).toBe(false);
      }),
      { numRuns: 120 },
    );
  });

  it('leaves alone what is small and clean, to the last character', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (drawn) => {
        const value = JSON.parse(JSON.stringify(drawn));

        expect(spokenSize(value, sizeOf(value))).toBe(value);
      }),
    );
  });

  it('keeps as much as fits of a long text, and says that it is shortened', () => {
    const { answer } = spokenSize({ answer: 'word '.repeat(2000) }) as { answer: string };

    expect(answer.length).toBeGreaterThan(SPOKEN_SIZE / 2);
    expect(answer).toMatch(/word… \(shortened\)$/);
  });

  it('keeps the head of a long list, and says how much is missing', () => {
    const orders = Array.from({ length: 500 }, (_, id) => ({ id, status: 'shipped' }));
    const spoken = spokenSize({ orders }).orders as unknown[];

    expect(spoken.slice(0, 2)).toEqual(orders.slice(0, 2));
    expect(spoken.at(-1)).toBe(`(${501 - spoken.length} more left out)`);
  });

  it('shortens a text that stands beside small fields, and keeps those', () => {
    const spoken = spokenSize({ id: 7, log: 'x'.repeat(50_000), status: 'open' });

    expect(spoken).toMatchObject({ id: 7, status: 'open' });
  });

  it('does not read a huge result to its end', () => {
    const huge: Record<string, unknown> = { first: 'x'.repeat(SPOKEN_SIZE) };
    let isRead = false;
    Object.defineProperty(huge, 'second', {
      enumerable: true,
      value: {
        get deep() {
          isRead = true;
          return 1;
        },
      },
    });
    spokenSize({ list: Array.from({ length: 5000 }, () => 'text'), huge: [[[[[[[[[huge]]]]]]]]] });

    expect(isRead).toBe(false);
  });

  it('survives a result that contains itself', () => {
    const loop: Record<string, unknown> = { name: 'loop' };
    loop.self = loop;

    expect(sizeOf(spokenSize(loop))).toBeLessThanOrEqual(SPOKEN_SIZE);
  });
});

describe('a result', () => {
  it.each([
    ['bytes', { file: new Uint8Array(12) }, { file: '(12 bytes of binary data, left out)' }],
    ['text that is no text', { data: '\u0000\u0001\uFFFDPNG' }, { data: '(binary data, left out)' }],
    ['half characters', { name: 'Grocery list \uD83D for you' }, { name: 'Grocery list  for you' }],
    [
      'control characters',
      { name: 'tab\tand line\nstay, bell\u0007 goes' },
      { name: 'tab\tand line\nstay, bell goes' },
    ],
    ['numbers that JSON has not', { n: Number.NaN, big: 12n }, { n: null, big: '12' }],
    ['fields without a value', { a: undefined, b: [undefined] }, { b: [null] }],
  ])('is cleaned of %s', (_what, dirty, clean) => {
    expect(spokenSize(dirty)).toEqual(clean);
  });
});
