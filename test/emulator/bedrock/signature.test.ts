import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame } from '../../../src/emulator/aws/event-stream.js';
import { type SignedRequest, signingKey } from '../../../src/emulator/aws/signature.js';
import { verifyStreamRequest } from '../../../src/emulator/bedrock/signature.js';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
// Computed by an independent implementation (Python's hmac) from AWS's description of the algorithm.
const KEY = '5fe7d00891a75b7029b7875f73e3395713a85cc92df11a0b55a6a2f63078cf17';
const SEED = 'cca33fb598d626aab4be72e5a16a165988f537ba8ab959d11fc7cbb8aaf6381a';
const FIRST = 'a31c2f3f6bee82ba5a35cf2478dee441e221fdfd3e05d6225ed9b26e74e41c0a';
const SECOND = '09b40a5b38f9b543d2c53e5cc037954c48281d23d42d9268f24baf5707897270';
const DATE_MS = 1_767_323_045_123;
const SIGNED = ':authority;content-type;x-amz-content-sha256;x-amz-date';

function request(changes: Record<string, string | undefined> = {}): SignedRequest {
  return {
    method: 'POST',
    path: '/model/amazon.nova-2-sonic-v1%3A0/invoke-with-bidirectional-stream',
    headers: {
      ':authority': '127.0.0.1:9000',
      'content-type': 'application/vnd.amazon.eventstream',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-EVENTS',
      'x-amz-date': '20260102T030405Z',
      authorization: authorization(),
      ...changes,
    },
  };
}

function authorization(parts: { scope?: string; signed?: string; signature?: string; keyId?: string } = {}): string {
  const scope = parts.scope ?? '20260102/us-east-1/bedrock/aws4_request';
  const credential = `${parts.keyId ?? CREDENTIALS.accessKeyId}/${scope}`;
  const signed = parts.signed ?? SIGNED;
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${parts.signature ?? SEED}`;
}

function openChain() {
  const verdict = verifyStreamRequest(request(), CREDENTIALS, 'us-east-1');
  if (!verdict.ok) throw new Error(verdict.detail);
  return verdict.chain;
}

describe('the signature of the request', () => {
  it('derives the key as published', () => {
    expect(signingKey(CREDENTIALS.secretAccessKey, '20260102', 'us-east-1', 'bedrock').toString('hex')).toBe(KEY);
  });

  it('accepts the known answer', () => {
    expect(verifyStreamRequest(request(), CREDENTIALS, 'us-east-1').ok).toBe(true);
  });

  it.each<[string, Record<string, string | undefined>, string]>([
    ['no authorization', { authorization: undefined }, 'MissingAuthenticationTokenException'],
    ['an API key', { authorization: 'Bearer abc' }, 'AccessDeniedException'],
    ['a malformed authorization', { authorization: 'AWS4-HMAC-SHA256 nonsense' }, 'IncompleteSignatureException'],
    ['an unknown key', { authorization: authorization({ keyId: 'AKIDOTHER' }) }, 'UnrecognizedClientException'],
    ['a session token out of place', { 'x-amz-security-token': 'token' }, 'UnrecognizedClientException'],
    ['another host', { ':authority': 'elsewhere:9000' }, 'InvalidSignatureException'],
    ['a wrong signature', { authorization: authorization({ signature: '0'.repeat(64) }) }, 'InvalidSignatureException'],
    ['another day in the scope', { 'x-amz-date': '20260103T030405Z' }, 'InvalidSignatureException'],
    ['a payload hash', { 'x-amz-content-sha256': '0'.repeat(64) }, 'InvalidSignatureException'],
    ['an unsigned x-amz header', { 'x-amz-user-agent': 'sdk' }, 'InvalidSignatureException'],
    [
      'another service in the scope',
      { authorization: authorization({ scope: '20260102/us-east-1/s3/aws4_request' }) },
      'InvalidSignatureException',
    ],
    [
      'an unsigned host',
      { authorization: authorization({ signed: 'content-type;x-amz-content-sha256;x-amz-date' }) },
      'InvalidSignatureException',
    ],
  ])('refuses %s', (_title, changes, errorType) => {
    expect(verifyStreamRequest(request(changes), CREDENTIALS, 'us-east-1')).toMatchObject({ ok: false, errorType });
  });
});

describe('the chain of frame signatures', () => {
  it('gives the known answers, each from the one before', () => {
    const chain = openChain();

    const signatures = ['first', ''].map((payload) =>
      chain.sign(DATE_MS, Buffer.from(payload)).get(':chunk-signature'),
    );

    expect(signatures.map((header) => Buffer.from(header?.value as Uint8Array).toString('hex'))).toEqual([
      FIRST,
      SECOND,
    ]);
  });

  it('accepts frames in order and refuses a repeated, changed or unsigned one', () => {
    const signing = openChain();
    const frames = ['first', ''].map((text) => {
      const payload = Buffer.from(text);
      return decodeFrame(encodeFrame(signing.sign(DATE_MS, payload), payload));
    });
    const checking = openChain();

    expect(checking.check(frames[0]!)).toBeUndefined();
    expect(checking.check(frames[0]!)).toBe('the frame signature is wrong');
    expect(checking.check({ headers: frames[1]!.headers, payload: Buffer.from('x') })).toBe(
      'the frame signature is wrong',
    );
    expect(checking.check({ headers: new Map(), payload: frames[1]!.payload })).toBe('the frame has no :date');
    expect(checking.check(frames[1]!)).toBeUndefined();
  });
});
