import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { type EventFrame, encodeHeaders, type HeaderValue } from './frames.js';

/** What a client must sign with. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** A request as it came over HTTP/2; `path` still percent-encoded. */
export interface SignedRequest {
  method: string;
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

export type RequestVerdict =
  | { ok: true; chain: SignatureChain }
  | { ok: false; errorType: string; message: string; detail: string };

const ALGORITHM = 'AWS4-HMAC-SHA256';
/** The literal in place of a payload hash: each frame of the body is signed for itself. */
const STREAMING_PAYLOAD = 'STREAMING-AWS4-HMAC-SHA256-EVENTS';
const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
const TOKEN_INVALID = 'The security token included in the request is invalid.';

/**
 * Checks a request's Signature Version 4 and, if it holds, starts the chain that its frames must continue.
 * Source: AWS Signature Version 4 for API requests; Smithy, event stream signing.
 */
export function verifyRequest(request: SignedRequest, credentials: Credentials, region: string): RequestVerdict {
  const authorization = header(request, 'authorization');
  if (authorization === undefined) {
    return refuse('MissingAuthenticationTokenException', 'Missing Authentication Token', 'no authorization header');
  }
  if (authorization.startsWith('Bearer ')) {
    return refuse('AccessDeniedException', 'API keys are not supported by this operation.', 'a bearer token was sent');
  }
  const match = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
    authorization,
  );
  if (!match) {
    return refuse('IncompleteSignatureException', 'Authorization header is malformed.', 'authorization is malformed');
  }
  const [, credential = '', signedNames = '', signature = ''] = match;
  const [accessKeyId, day = '', scopeRegion, service, terminator] = credential.split('/');
  const date = header(request, 'x-amz-date') ?? '';
  if (accessKeyId !== credentials.accessKeyId) {
    return refuse('UnrecognizedClientException', TOKEN_INVALID, 'unknown access key id');
  }
  if (header(request, 'x-amz-security-token') !== credentials.sessionToken) {
    return refuse('UnrecognizedClientException', TOKEN_INVALID, 'session token is missing, superfluous or wrong');
  }
  if (!/^\d{8}T\d{6}Z$/.test(date) || !date.startsWith(day)) return mismatch('x-amz-date and scope differ');
  if (scopeRegion !== region || service !== 'bedrock' || terminator !== 'aws4_request') {
    return mismatch(`scope ${credential} is not for bedrock in ${region}`);
  }
  if (header(request, 'x-amz-content-sha256') !== STREAMING_PAYLOAD) {
    return mismatch(`x-amz-content-sha256 is not ${STREAMING_PAYLOAD}`);
  }
  const names = signedNames.split(';');
  const unsigned = mustBeSigned(request).find((name) => !names.includes(name));
  if (unsigned !== undefined) return mismatch(`header ${unsigned} is not signed`);
  if (!names.includes(':authority') && !names.includes('host')) return mismatch('the host is not signed');
  if ([...names].sort().join(';') !== signedNames) return mismatch('signed headers are not sorted');

  const scope = `${day}/${region}/bedrock/aws4_request`;
  const key = signingKey(credentials.secretAccessKey, day, region);
  const toSign = [ALGORITHM, date, scope, sha256(canonicalRequest(request, names))].join('\n');
  const expected = createHmac('sha256', key).update(toSign).digest();
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) return mismatch('the request signature is wrong');
  return { ok: true, chain: new SignatureChain(key, scope, signature) };
}

/** The chain of frame signatures of one request: each covers the one before it. */
export class SignatureChain {
  readonly #key: Buffer;
  readonly #scope: string;
  #prior: string;

  constructor(key: Buffer, scope: string, seed: string) {
    this.#key = key;
    this.#scope = scope;
    this.#prior = seed;
  }

  /** Why the frame's signature does not hold, or undefined when it does; then the chain has moved on. */
  check(frame: EventFrame): string | undefined {
    const date = frame.headers.get(':date');
    const given = frame.headers.get(':chunk-signature');
    if (date?.type !== 'timestamp') return 'the frame has no :date';
    if (given?.type !== 'bytes' || given.value.length !== 32) return 'the frame has no :chunk-signature of 32 bytes';
    if (frame.headers.size !== 2) return 'the frame has headers besides :date and :chunk-signature';
    const expected = this.#sign(date.value, frame.payload);
    if (!timingSafeEqual(expected, given.value)) return 'the frame signature is wrong';
    this.#prior = expected.toString('hex');
    return undefined;
  }

  /** Signs a payload as the next link: the two headers of its outer frame. */
  sign(dateMs: number, payload: Uint8Array): Map<string, HeaderValue> {
    const signature = this.#sign(dateMs, payload);
    this.#prior = signature.toString('hex');
    return new Map<string, HeaderValue>([
      [':date', { type: 'timestamp', value: dateMs }],
      [':chunk-signature', { type: 'bytes', value: signature }],
    ]);
  }

  #sign(dateMs: number, payload: Uint8Array): Buffer {
    const dateHeader = encodeHeaders(new Map([[':date', { type: 'timestamp', value: dateMs }]]));
    const toSign = [
      'AWS4-HMAC-SHA256-PAYLOAD',
      basicDate(dateMs),
      this.#scope,
      this.#prior,
      sha256(dateHeader),
      sha256(payload),
    ].join('\n');
    return createHmac('sha256', this.#key).update(toSign).digest();
  }
}

/** The key of one day, region and service (always `bedrock`). Source: AWS Signature Version 4. */
export function signingKey(secretAccessKey: string, day: string, region: string): Buffer {
  let key = Buffer.from(`AWS4${secretAccessKey}`, 'utf8');
  for (const part of [day, region, 'bedrock', 'aws4_request']) key = createHmac('sha256', key).update(part).digest();
  return key;
}

/** Every path segment is encoded once more than on the wire, so the model id's `%3A` becomes `%253A`. */
export function canonicalRequest(request: SignedRequest, signedNames: readonly string[]): string {
  const [path = '', query = ''] = request.path.split('?');
  const lines = signedNames.map((name) => {
    const value = name === 'host' ? (header(request, 'host') ?? header(request, ':authority')) : header(request, name);
    return `${name}:${(value ?? '').trim().replace(/\s+/g, ' ')}\n`;
  });
  return [
    request.method,
    path.split('/').map(encodeSegment).join('/'),
    query.split('&').sort().join('&'),
    lines.join(''),
    signedNames.join(';'),
    STREAMING_PAYLOAD,
  ].join('\n');
}

function mustBeSigned(request: SignedRequest): string[] {
  return Object.keys(request.headers).filter((name) => name.startsWith('x-amz-') || name === 'content-type');
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function header(request: SignedRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

function basicDate(dateMs: number): string {
  return new Date(dateMs)
    .toISOString()
    .replace(/\.\d{3}Z$/, 'Z')
    .replace(/[-:]/g, '');
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function mismatch(detail: string): RequestVerdict {
  return refuse('InvalidSignatureException', MISMATCH, detail);
}

function refuse(errorType: string, message: string, detail: string): RequestVerdict {
  return { ok: false, errorType, message, detail };
}
