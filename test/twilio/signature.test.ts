import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isSigned, signatureCheck } from '../../src/twilio/signature.js';

interface Vector {
  name: string;
  url: string;
  checkUrl?: string;
  params?: Record<string, string | string[]>;
  body?: string;
  signature: string;
  sdkValid: boolean;
}

const file = new URL('data/signature-vectors.json', import.meta.url);
const { token, vectors } = JSON.parse(readFileSync(file, 'utf8')) as { token: string; vectors: Vector[] };

/** Where the bridge answers otherwise than the SDK's validator alone, and why. */
const DIFFERENCES: Readonly<Record<string, { expected: boolean; why: string }>> = {
  'basic auth in url': {
    expected: false,
    why: 'Twilio signs without user and password, so they are taken out here too',
  },
};

describe("Twilio's signatures", () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (name, vector) => {
    const expected = DIFFERENCES[name]?.expected ?? vector.sdkValid;

    expect(isSigned(token, vector.checkUrl ?? vector.url, vector.params ?? {}, vector.signature)).toBe(expected);
  });

  it.each(vectors.map((vector) => [vector.name, vector] as const))(
    '%s: one changed character is a no',
    (_name, vector) => {
      const first = vector.signature.startsWith('A') ? 'B' : 'A';

      expect(
        isSigned(token, vector.checkUrl ?? vector.url, vector.params ?? {}, first + vector.signature.slice(1)),
      ).toBe(false);
    },
  );

  it('are checked for a caller with user and password in the public address as Twilio signs it', () => {
    const bare = vectors.find(({ name }) => name === 'post form voice')!;

    expect(isSigned(token, 'https://user:pass@bridge.example.com/twilio/voice', bare.params!, bare.signature)).toBe(
      true,
    );
    expect(isSigned(token, 'https://bridge.example.com/twilio/voice#rc=2', bare.params!, bare.signature)).toBe(true);
  });

  it('are a no, not an error, when nothing can be made of them', () => {
    expect(isSigned(token, 'not an address', {}, 'x')).toBe(false);
    expect(isSigned(token, 'https://bridge.example.com/', {}, undefined)).toBe(false);
    expect(isSigned(token, 'https://bridge.example.com/', {}, '')).toBe(false);
  });
});

describe('the check against the public address', () => {
  const check = signatureCheck(token, 'https://bridge.example.com/');
  const isTaken = (...given: Parameters<typeof check.askedAt>) => check.askedAt(...given) !== undefined;
  const upgrade = vectors.find(({ name }) => name === 'ws-upgrade')!;
  const slashed = vectors.find(({ name }) => name === 'ws-upgrade-trailing-slash')!;
  const asHttps = vectors.find(({ name }) => name === 'ws-upgrade as https')!;
  const withQuery = vectors.find(({ name }) => name === 'post form voice + query')!;

  it('takes the wss address for the upgrade, also as signed with a trailing slash, and not the https one', () => {
    expect(check.isUpgrade('/twilio/media', upgrade.signature)).toBe(true);
    expect(check.isUpgrade('/twilio/media', slashed.signature)).toBe(true);
    expect(check.isUpgrade('/twilio/media', asHttps.signature)).toBe(false);
  });

  it('signs webhooks with their query', () => {
    expect(isTaken('/twilio/voice?tenant=acme&x=1', withQuery.params!, withQuery.signature)).toBe(true);
    expect(isTaken('/twilio/voice', withQuery.params!, withQuery.signature)).toBe(false);
  });

  it('needs every field as it came, empty ones too', () => {
    const { CalledCity: _, ...without } = withQuery.params!;

    expect(isTaken('/twilio/voice?tenant=acme&x=1', without, withQuery.signature)).toBe(false);
  });

  it('says at which of several addresses it was asked, and takes the media socket at each', () => {
    const both = signatureCheck(token, 'https://other.example.com', 'https://bridge.example.com/');
    const other = signatureCheck(token, 'https://other.example.com');
    const asked = ['/twilio/voice?tenant=acme&x=1', withQuery.params!, withQuery.signature] as const;

    expect(both.askedAt(...asked)).toBe('https://bridge.example.com');
    expect(other.askedAt(...asked)).toBeUndefined();
    expect(both.isUpgrade('/twilio/media', upgrade.signature)).toBe(true);
    expect(other.isUpgrade('/twilio/media', upgrade.signature)).toBe(false);
  });
});
