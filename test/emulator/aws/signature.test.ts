import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalRequest, sha256, signingKey, verifyRequest } from '../../../src/emulator/aws/signature.js';

// Source: AWS, Signature Version 4 test suite (get-vanilla-query-order-key-case, get-vanilla, post-vanilla).
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const SIGNING = { service: 'service', region: 'us-east-1', credentials: CREDENTIALS };
const EMPTY = sha256('');

function vanilla(method: string, path: string, signature: string) {
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`;
  return { method, path, headers: { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z', authorization } };
}

describe('the signature of a request', () => {
  it.each([
    ['GET', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    ['GET', '/?Param2=value2&Param1=value1', 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500'],
  ])('is accepted for %s %s as published', (method, path, signature) => {
    expect(verifyRequest(vanilla(method, path, signature), EMPTY, SIGNING)).toMatchObject({ ok: true });
  });

  it('covers the body', () => {
    const request = vanilla('POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b');

    expect(verifyRequest(request, sha256('x'), SIGNING)).toMatchObject({ errorType: 'InvalidSignatureException' });
  });

  it('is for one service', () => {
    const request = vanilla('POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b');

    expect(verifyRequest(request, EMPTY, { ...SIGNING, service: 'bedrock' })).toMatchObject({
      errorType: 'InvalidSignatureException',
      detail: expect.stringContaining('is not for bedrock in us-east-1'),
    });
  });

  it('refuses a body that is not the one its header tells of', () => {
    const request = vanilla('POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b');
    const headers = { ...request.headers, 'x-amz-content-sha256': sha256('other') };

    expect(verifyRequest({ ...request, headers }, EMPTY, SIGNING)).toMatchObject({
      detail: `x-amz-content-sha256 is not ${EMPTY}`,
    });
  });
});

describe('what is signed', () => {
  it('has the query by name, then by value, encoded once, and an equals sign after a name alone', () => {
    const request = { method: 'GET', path: '/?b=2&a-b=1&a=%2f&a=%20&uploads', headers: {} };

    expect(canonicalRequest(request, [], EMPTY, 's3').split('\n')[2]).toBe('a=%20&a=%2F&a-b=1&b=2&uploads=');
  });

  it.each([
    ['bedrock', '/model/a%253A0'],
    ['s3', '/model/a%3A0'],
  ])('has the path of %s as %s', (service, path) => {
    const request = { method: 'GET', path: '/model/a%3A0', headers: {} };

    expect(canonicalRequest(request, [], EMPTY, service).split('\n')[1]).toBe(path);
  });

  it('is signed with another key for each service', () => {
    const keyOf = (service: string) => signingKey('secret', '20260102', 'us-east-1', service).toString('hex');
    let key = Buffer.from('AWS4secret');
    for (const part of ['20260102', 'us-east-1', 's3vectors', 'aws4_request']) {
      key = createHmac('sha256', key).update(part).digest();
    }

    expect(keyOf('s3vectors')).toBe(key.toString('hex'));
    expect(keyOf('bedrock')).not.toBe(keyOf('s3vectors'));
  });
});
