import { describe, expect, it } from 'vitest';
import { sign, signedForm } from '../../../src/emulator/phone/signature.js';
import file from './signature-vectors.json' with { type: 'json' };

describe('sign', () => {
  it.each(file.vectors.map((vector) => [vector.name, vector] as const))("gives Twilio's signature: %s", (_, vector) => {
    const params = ('params' in vector ? vector.params : {}) as Record<string, string | string[]>;

    expect(sign(file.token, vector.url, params)).toBe(vector.signature);
  });
});

describe('signedForm', () => {
  it.each([
    ['https://bridge.example.com/twilio/voice', 'https://bridge.example.com/twilio/voice'],
    ['https://bridge.example.com:8443/twilio/voice?x=1', 'https://bridge.example.com/twilio/voice?x=1'],
    ['https://user:pass@bridge.example.com:443/twilio/voice', 'https://bridge.example.com/twilio/voice'],
    ['http://127.0.0.1:3000/twilio/voice', 'http://127.0.0.1:3000/twilio/voice'],
    ['https://bridge.example.com/twilio/voice#rc=2&rp=ct', 'https://bridge.example.com/twilio/voice'],
    ['https://[::1]:8443/voice', 'https://[::1]/voice'],
  ])('of %s is %s', (url, signed) => {
    expect(signedForm(url)).toBe(signed);
  });
});
