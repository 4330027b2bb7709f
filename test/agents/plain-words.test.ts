import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainWords } from '../../src/agents/plain-words.js';

describe("another system's error", () => {
  it.each([
    ['words', 'Order 12 does not exist', 'Order 12 does not exist'],
    ['lines and control characters', ' one\n\ttwo\u0007\u200B ', 'one two'],
    [
      'a Python traceback',
      'Traceback (most recent call last):\n  File "/app/agent.py", line 3, in run\nValueError: no such order\n',
      'ValueError: no such order',
    ],
    ['a JavaScript stack', 'Error: no such order\n    at run (/app/agent.js:3:4)\n    at main', 'Error: no such order'],
    ['a key of AWS', 'key AKIAABCDEFGHIJKLMNOP is bad', 'key [hidden] is bad'],
    ['a bearer token', 'sent Authorization: Bearer abcdefghijklm', 'sent Authorization: [hidden]'],
    ['a bearer token by itself', 'Bearer abcdefghijklm is bad', 'Bearer [hidden] is bad'],
    ['a JWT', 'token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1 expired', 'token [hidden] expired'],
    ['a password', 'connect with password=hunter2, user=x', 'connect with password=[hidden], user=x'],
    ['a secret in JSON', '{"clientSecret": "s3cr3t"}', '{"clientSecret": "[hidden]"}'],
    ['a password in an address', 'https://bob:pw@host/x', 'https://[hidden]host/x'],
  ])('with %s is said in one line', (_, text, words) => {
    expect(plainWords(text)).toBe(words);
  });

  it.each(['', ' \n ', '<!DOCTYPE html><html><body>502</body></html>', '<h1>Bad Gateway</h1>'])(
    'of %j is not said at all',
    (text) => {
      expect(plainWords(text)).toBeUndefined();
    },
  );

  it('is one line, never too long and never ends within a character', () => {
    const piece = fc.constantFrom(
      'a',
      ' ',
      '€',
      '😀',
      '\ud83d',
      '\n',
      '\u0007',
      'Bearer ',
      '<b>',
      '\n    at x',
      '1234567890',
    );
    const text = fc.array(piece, { maxLength: 400 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, fc.integer({ min: 10, max: 300 }), (text, limit) => {
        const words = plainWords(text, limit);

        if (words === undefined) return;
        expect(words.length).toBeLessThanOrEqual(limit);
        expect(words).not.toMatch(/[\n\r]/);
        expect(words).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });

  it.each(['a-', ' ', 'token ', '://', 'eyJ.', '\n    at ', 'x'])(
    'made of %j a million times is read quickly',
    (text) => {
      const before = process.cpuUsage();

      plainWords(text.repeat(1_000_000 / text.length));

      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1000).toBeLessThan(1000);
    },
  );
});
