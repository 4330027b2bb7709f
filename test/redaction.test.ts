import { describe, expect, it } from 'vitest';
import { redacted, redactedFields } from '../src/redaction.js';

const HEX = '0123456789abcdef0123456789abcdef';

describe('redaction', () => {
  it.each([
    ['an access key id', 'key AKIAIOSFODNN7EXAMPLE is off', 'key [redacted] is off'],
    ['a temporary access key id', 'ASIAIOSFODNN7EXAMPLE', '[redacted]'],
    ['a bearer token', 'authorization failed for Bearer abc.def-123', 'authorization failed for Bearer [redacted]'],
    ['a secret key', 'sk-proj-abcdefghijkl', '[redacted]'],
    ['a signed token', 'got eyJhbGciOi.eyJzdWIiOi.sig_nature back', 'got [redacted] back'],
    ['hex after a name', `api_key=${HEX}&page=2`, 'api_key=[redacted]&page=2'],
    ['base64 in JSON', '{"clientSecret": "q83vEjRWeJA+/w==", "id": 7}', '{"clientSecret": "[redacted]", "id": 7}'],
    ['JSON within JSON', String.raw`{\"password\":\"hunter22\"}`, String.raw`{\"password\":\"[redacted]\"}`],
    ['a password in an address', 'https://bob:hunter22@example.com/x', 'https://bob:[redacted]@example.com/x'],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----.', '[redacted].'],
  ])('hides %s', (_what, text, expected) => {
    expect(redacted(text)).toBe(expected);
  });

  it.each([
    'order 12345 of CA00000000000000000000000000000000 is open',
    'the token expired',
    'risk-assessment and task-list',
    `checksum ${HEX}`,
  ])('leaves "%s"', (text) => {
    expect(redacted(text)).toBe(text);
  });

  it.each(['token', 'eyJaaaaaa-', 'a://b:', 'Bearer ', 'password: ', '-----BEGIN '])(
    'takes a long row of "%s" in time that grows with its length',
    (piece) => {
      const text = piece.repeat(Math.ceil(20_000 / piece.length));
      const startedAt = process.cpuUsage();
      redacted(text);

      expect(process.cpuUsage(startedAt).user / 1000).toBeLessThan(1500);
    },
  );

  it('hides the same in JSON, also by the names of its fields', () => {
    const value = { apiKey: 'q83vEjRWeJA', wait: 5, list: ['Bearer abc.def-123', { password: 'hunter22', pass: 1 }] };

    expect(redactedFields(value)).toEqual({
      apiKey: '[redacted]',
      wait: 5,
      list: ['Bearer [redacted]', { password: '[redacted]', pass: 1 }],
    });
    expect(redactedFields({ token: 'no', order: '12345', none: null })).toEqual({
      token: 'no',
      order: '12345',
      none: null,
    });
  });

  it('takes JSON however deep it is', () => {
    const deep = JSON.parse(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);

    expect(JSON.stringify(redactedFields(deep))).toContain('nested too deeply');
  });
});
