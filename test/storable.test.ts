import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findUnstorable, requireStorable, storable } from '../src/storable.js';

function nested(depth: number): unknown {
  let value: unknown = 'x';
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

describe('what the database cannot keep', () => {
  it('is found wherever it is, by its path', () => {
    const value = { name: 'a\0', tools: [{ name: 'ok' }, { name: '\ud83d' }], 'k\0': 1, ok: '\u{1f600}\n\u001f' };

    expect(findUnstorable(value).map(({ field }) => field)).toEqual(['name', 'tools.1.name', '']);
  });

  it('is refused with every field', () => {
    expect(() => requireStorable({ a: '\0', b: ['\udc00'] })).toThrow(
      expect.objectContaining({
        code: 'REQUEST_INVALID',
        details: { errors: [expect.objectContaining({ field: 'a' }), expect.objectContaining({ field: 'b.0' })] },
      }),
    );
    expect(() => requireStorable({ a: 'fine', b: [1, null, true] })).not.toThrow();
  });

  it('is also what is nested without end', () => {
    expect(findUnstorable(nested(100))).toEqual([]);
    expect(findUnstorable(nested(50_000))).toHaveLength(1);
    expect(findUnstorable(storable(nested(50_000)))).toEqual([]);
  });

  it('is replaced where nobody can be asked, and nothing else is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom('\0', '\ud800', ''), (value, bad) => {
        const mended = storable({ value, bad: `x${bad}` });

        expect(findUnstorable(mended)).toEqual([]);
        if (findUnstorable(value).length === 0) expect(mended.value).toEqual(value);
        expect(mended.bad).toBe(bad === '' ? 'x' : 'x\ufffd');
      }),
    );
  });

  it('keeps what needs no change as the same object', () => {
    const value = { a: ['b'] };

    expect(storable(value)).toBe(value);
  });
});
