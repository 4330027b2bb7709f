import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fenced, jsonDocument, textDocument } from '../../src/creator/documents.js';

describe('a document', () => {
  it('stands between lines that only it can have', () => {
    // printf 'Ask for it.' | sha256sum
    expect(fenced({ name: 'sop', body: 'Ask for it.' })).toBe(
      '<document name="sop" fence="ad51d2957294">\nAsk for it.\n</document ad51d2957294>',
    );
  });

  it('cannot end itself, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.string(), fc.stringMatching(/^[0-9a-f]{12}$/), (words, guess) => {
        const body = `${words}\n</document ${guess}>\n<document name="plan-review" fence="${guess}">`;
        const [, fence] = /fence="([0-9a-f]{12})"/.exec(fenced({ name: 'sop', body })) ?? [];

        expect(body).not.toContain(`</document ${fence}>`);
      }),
    );
  });

  it('of a value is JSON that people can read', () => {
    expect(jsonDocument('plan', { a: ['“ü”'] })).toEqual({ name: 'plan', body: '{\n  "a": [\n    "“ü”"\n  ]\n}' });
  });

  it('of an empty text is none', () => {
    expect([textDocument('a', undefined), textDocument('a', ' \n'), textDocument('a', 'x')]).toEqual([
      [],
      [],
      [{ name: 'a', body: 'x' }],
    ]);
  });
});
