import { describe, expect, it } from 'vitest';
import { networkTrouble } from '../../src/doctor/network-trouble.js';

const withCode = (code: string) => Object.assign(new Error('something'), { code });

describe('trouble of the network', () => {
  it.each([
    ['ENOTFOUND', 'has no address', 'spelling'],
    ['ECONNREFUSED', 'refuses the connection', 'Nothing listens there'],
    ['ETIMEDOUT', 'gives no answer', 'firewall'],
    ['ECONNRESET', 'cut the connection', 'proxy'],
    ['CERT_HAS_EXPIRED', 'has expired', 'Renew the certificate'],
    ['CERT_NOT_YET_VALID', 'not valid yet', 'clock'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'for another name', 'exactly this name'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'nobody here vouches for', 'NODE_EXTRA_CA_CERTS'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'nobody here vouches for', 'whole chain'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'nobody here vouches for', 'NODE_EXTRA_CA_CERTS'],
    ['EPROTO', 'does not speak TLS', 'openssl'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'does not speak TLS', 'https at all'],
  ])('%s is told as "%s"', (code, words, advice) => {
    const trouble = networkTrouble(withCode(code), 'host.example.com');

    expect(trouble?.says).toBe(`host.example.com ${trouble?.says.slice('host.example.com '.length)}`);
    expect(trouble?.says).toContain(words);
    expect(trouble?.says).toContain(code);
    expect(trouble?.advice).toContain(advice);
  });

  it('is found however deep it is wrapped', () => {
    const several = new AggregateError([withCode('ECONNREFUSED'), withCode('ENETUNREACH')], '');
    const wrapped = new Error('fetch failed', { cause: new Error('again', { cause: several }) });

    expect(networkTrouble(wrapped, 'host')?.says).toBe('host refuses the connection (ECONNREFUSED)');
    expect(networkTrouble({ details: { reason: 'ENOTFOUND' } }, 'host')?.says).toContain('has no address');
  });

  it('is nothing where nothing of the network failed', () => {
    const endless: { cause?: unknown } = {};
    endless.cause = endless;

    expect(networkTrouble(withCode('42P01'), 'host')).toBeUndefined();
    expect(networkTrouble('words', 'host')).toBeUndefined();
    expect(networkTrouble(endless, 'host')).toBeUndefined();
  });
});
