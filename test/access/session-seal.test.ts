import { describe, expect, it } from 'vitest';
import { FIRST_ADMINISTRATOR } from '../../src/access/authority.js';
import { SESSION_LIFETIME_MS, sessionSeal } from '../../src/access/session-seal.js';
import { FakeClock } from '../../src/clock.js';

const clock = new FakeClock();
const SECRETS = { secretsKey: 'secrets-key-0123456789', adminToken: 'admin-token-0123456789', clock };
const seal = sessionSeal(SECRETS);

describe('the seal of a session', () => {
  it('is read as it was made, until it expires', () => {
    const { value, expiresAtMs } = seal.seal('token_1');

    expect(seal.open(value)).toEqual({ tokenId: 'token_1', expiresAtMs, isOld: false });
    clock.advance(SESSION_LIFETIME_MS / 2 + 1);
    expect(seal.open(value)).toMatchObject({ isOld: true });
    clock.advance(SESSION_LIFETIME_MS / 2);
    expect(seal.open(value)).toBeUndefined();
  });

  it('is none when anything of it was changed', () => {
    const { value } = seal.seal('token_1');
    const [tokenId = '', expiry = '', signature = ''] = value.split('.');
    const forged = [
      '',
      'x',
      `${tokenId}.${expiry}`,
      `token_2.${expiry}.${signature}`,
      `${tokenId}.${expiry}0.${signature}`,
      `${tokenId}.${expiry}.${signature.slice(1)}`,
      `${tokenId}.${expiry}.A${signature.slice(1) === signature ? '' : signature.slice(1)}`,
      `${value}.more`,
    ].filter((each) => each !== value);

    for (const each of forged) expect([each, seal.open(each)]).toEqual([each, undefined]);
  });

  it('is none under another key', () => {
    const other = sessionSeal({ ...SECRETS, secretsKey: 'another-key' });

    expect(other.open(seal.seal('token_1').value)).toBeUndefined();
  });

  it('of the first administrator ends with ADMIN_TOKEN', () => {
    const after = sessionSeal({ ...SECRETS, adminToken: 'the-next-admin-token' });
    const { value } = seal.seal(FIRST_ADMINISTRATOR.id);

    expect(seal.open(value)).toMatchObject({ tokenId: FIRST_ADMINISTRATOR.id });
    expect(after.open(value)).toBeUndefined();
    expect(after.open(seal.seal('token_1').value)).toBeDefined();
  });
});
