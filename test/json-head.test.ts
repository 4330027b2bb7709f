import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonHead } from '../src/json-head.js';

/** What is kept of a text that comes in pieces of that many characters. */
function kept(text: string, pieceLength = text.length): string | undefined {
  const head = new JsonHead();
  for (let at = 0; at < text.length; at += pieceLength) head.push(text.slice(at, at + pieceLength));
  return head.end();
}

const keptOf = (value: unknown, pieceLength?: number): unknown => {
  const json = kept(JSON.stringify(value), pieceLength);
  return json === undefined ? undefined : JSON.parse(json);
};

const WORDS = 'Of this there is a lot to be said. '.repeat(30_000);
const ORDERS = Array.from({ length: 20_000 }, (_, id) => ({ id, state: 'shipped', note: 'at the "door"\n' }));

describe('what is kept of JSON', () => {
  it('is all of it when it is small, however it is cut', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.integer({ min: 1, max: 9 }), (json, pieceLength) => {
        expect(JSON.parse(kept(json, pieceLength)!)).toEqual(JSON.parse(json));
      }),
    );
  });

  it('is nothing when it is no JSON', () => {
    const json = fc.json({ maxDepth: 2 });
    const broken = fc
      .tuple(json, fc.nat(), fc.constantFrom('', ',', ':', '"', '{', ']', 'x', '1'))
      .map(([text, at, other]) => text.slice(0, at % text.length) + other + text.slice((at % text.length) + 1));
    fc.assert(
      fc.property(broken, fc.integer({ min: 1, max: 5 }), (text, pieceLength) => {
        const read = (json: string | undefined): unknown => {
          try {
            return JSON.parse(json ?? '');
          } catch {
            return undefined;
          }
        };
        expect(read(kept(text, pieceLength))).toEqual(read(text));
      }),
      { numRuns: 500 },
    );
  });

  it.each(['Shipped.', '{"a":1} {"b":2}', '{"result":"half of', '[1,2', '', '{"a":1,}', '[1 2]', '{1:2}', '1,2'])(
    'is nothing of %j',
    (text) => {
      expect(kept(text)).toBeUndefined();
    },
  );

  it('is the beginning of a long text, which is cut between characters', () => {
    const text = 'Gr\u00f6\u00dfe "42"\n\u{1F600} '.repeat(10_000);
    for (const pieceLength of [7, 16_384, 10_000_000]) {
      const { result } = keptOf({ result: text }, pieceLength) as { result: string };
      expect(text.startsWith(result)).toBe(true);
      expect(result.length).toBeGreaterThan(10_000);
    }
  });

  it('is the beginning of a long list, which says how much is missing', () => {
    const { orders } = keptOf({ orders: ORDERS }) as { orders: unknown[] };
    expect(orders.slice(0, -1)).toEqual(ORDERS.slice(0, orders.length - 1));
    expect(orders.at(-1)).toBe(`(${ORDERS.length - orders.length + 1} more left out)`);
  });

  it('is the beginning of an object of many fields, which says how many are missing', () => {
    const value = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field ${index}`, index]));
    const fields = Object.entries(keptOf(value) as object);
    expect(fields.slice(0, -1)).toEqual(Object.entries(value).slice(0, fields.length - 1));
    expect(fields.at(-1)).toEqual(['(left out)', `${5000 - fields.length + 1} more fields`]);
  });

  it('does not lack what stands near the top behind all the rest', () => {
    const pages = Array.from({ length: 50 }, () => ({ orders: ORDERS.slice(0, 400), words: WORDS }));
    expect(keptOf({ output: { pages, error: 'no such order' }, message: 'Sorry.' })).toMatchObject({
      output: { error: 'no such order' },
      message: 'Sorry.',
    });
  });

  it('is of JSON within a text, too', () => {
    const { result } = keptOf({ result: JSON.stringify({ orders: ORDERS, response: 'Shipped.' }) }) as {
      result: string;
    };
    expect(JSON.parse(result)).toMatchObject({ response: 'Shipped.' });
  });

  it('leaves out what is nested without end', () => {
    const deep = `${'['.repeat(100_000)}"]"${']'.repeat(100_000)}`;
    expect(kept(deep)).toBe(`${'['.repeat(12)}"(left out: nested too deeply)"${']'.repeat(12)}`);
    expect(kept(deep.slice(0, -1))).toBeUndefined();
  });

  it('leaves out a field whose name is long, and says so', () => {
    expect(keptOf({ a: 1, ['n'.repeat(300)]: [{}, '}'], b: 2 })).toEqual({ a: 1, b: 2, '(left out)': '1 more fields' });
  });

  it('is JSON and not much, whatever there was', () => {
    const long = fc.array(fc.string({ maxLength: 50 }), { size: 'max', maxLength: 3000 });
    const value = fc.oneof(long, fc.dictionary(fc.string(), long), fc.jsonValue({ depthSize: 'large' }));
    fc.assert(
      fc.property(value, fc.integer({ min: 1, max: 20_000 }), (any, pieceLength) => {
        const json = kept(JSON.stringify(any), pieceLength);
        expect(() => JSON.parse(json!)).not.toThrow();
        expect(json!.length).toBeLessThan(80_000);
      }),
      { numRuns: 40 },
    );
  });
});
