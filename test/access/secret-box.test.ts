import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { secretBox } from '../../src/access/secret-box.js';

const KEY = 'a key of the tests, thirty-two and more characters';

describe('a sealed secret', () => {
  it('opens to what it was, whatever it was', () => {
    const box = secretBox(KEY);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (secret) => {
        fc.pre(!secret.startsWith('sealed:v1:'));
        const sealed = box.seal(secret);

        expect(box.open(sealed)).toBe(secret);
        if (secret.length > 3) expect(sealed).not.toContain(secret);
      }),
    );
  });

  it('differs each time, so that equal secrets cannot be told', () => {
    const box = secretBox(KEY);

    expect(box.seal('secret')).not.toBe(box.seal('secret'));
  });

  it('stays as it is when it is sealed again', () => {
    const box = secretBox(KEY);
    const sealed = box.seal('secret');

    expect(box.seal(sealed)).toBe(sealed);
  });

  it('does not open with another key, or when it was changed', () => {
    const sealed = secretBox(KEY).seal('secret');
    const changed = `${sealed.slice(0, -2)}${sealed.endsWith('AA') ? 'BB' : 'AA'}`;

    expect(secretBox(`${KEY}.`).open(sealed)).toBeUndefined();
    expect(secretBox(KEY).open(changed)).toBeUndefined();
    expect(secretBox(KEY).open('sealed:v1:')).toBeUndefined();
  });

  it('may be one that was never sealed: then it is the secret itself', () => {
    expect(secretBox(KEY).open('arn:aws:secretsmanager:us-east-1:123456789012:secret:x')).toMatch(/^arn:/);
  });
});
