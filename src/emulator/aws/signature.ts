import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** What a client must sign with. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** A request as it came over HTTP; `path` with its query, still percent-encoded. */
export interface SignedRequest {
  method: string;
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** For whom and for what a signature must be. */
export interface SigningScope {
  /** Signature name of the service: `bedrock`, `s3vectors`, ... */
  service: string;
  region: string;
  credentials: Credentials;
}

/** Whether a request is signed as it must be; if so with what a chain of frame signatures begins with. */
export type RequestVerdict =
  | { ok: true; key: Buffer; scope: string; signature: string }
  | { ok: false; errorType: string; message: string; detail: string };

/** What every stand-in takes unless told otherwise. */
export const DEFAULT_CREDENTIALS: Credentials = {
  accessKeyId: 'AKIDLOCALSTANDIN',
  secretAccessKey: 'local-stand-in-secret',
};
export const DEFAULT_REGION = 'us-east-1';

const ALGORITHM = 'AWS4-HMAC-SHA256';
const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
const TOKEN_INVALID = 'The security token included in the request is invalid.';

/**
 * Checks a request's Signature Version 4. `payloadHash` is what must stand for the body. How old the signature is is not
 * looked at, because the stand-in may run on another clock than its client.
 * Source: AWS Signature Version 4 for API requests.
 */
export function verifyRequest(request: SignedRequest, payloadHash: string, signing: SigningScope): RequestVerdict {
  const { service, region, credentials } = signing;
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
  const [accessKeyId, day = '', scopeRegion, scopeService, terminator] = credential.split('/');
  const date = header(request, 'x-amz-date') ?? '';
  if (accessKeyId !== credentials.accessKeyId) {
    return refuse('UnrecognizedClientException', TOKEN_INVALID, 'unknown access key id');
  }
  if (header(request, 'x-amz-security-token') !== credentials.sessionToken) {
    return refuse('UnrecognizedClientException', TOKEN_INVALID, 'session token is missing, superfluous or wrong');
  }
  if (!/^\d{8}T\d{6}Z$/.test(date) || !date.startsWith(day)) return mismatch('x-amz-date and scope differ');
  if (scopeRegion !== region || scopeService !== service || terminator !== 'aws4_request') {
    return mismatch(`scope ${credential} is not for ${service} in ${region}`);
  }
  if ((header(request, 'x-amz-content-sha256') ?? payloadHash) !== payloadHash) {
    return mismatch(`x-amz-content-sha256 is not ${payloadHash}`);
  }
  const names = signedNames.split(';');
  const unsigned = mustBeSigned(request).find((name) => !names.includes(name));
  if (unsigned !== undefined) return mismatch(`header ${unsigned} is not signed`);
  if (!names.includes(':authority') && !names.includes('host')) return mismatch('the host is not signed');
  if ([...names].sort().join(';') !== signedNames) return mismatch('signed headers are not sorted');

  const scope = `${day}/${region}/${service}/aws4_request`;
  const key = signingKey(credentials.secretAccessKey, day, region, service);
  const toSign = [ALGORITHM, date, scope, sha256(canonicalRequest(request, names, payloadHash, service))].join('\n');
  const expected = createHmac('sha256', key).update(toSign).digest();
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) return mismatch('the request signature is wrong');
  return { ok: true, key, scope, signature };
}

/** The key of one day, region and service. Source: AWS Signature Version 4. */
export function signingKey(secretAccessKey: string, day: string, region: string, service: string): Buffer {
  let key = Buffer.from(`AWS4${secretAccessKey}`, 'utf8');
  for (const part of [day, region, service, 'aws4_request']) key = createHmac('sha256', key).update(part).digest();
  return key;
}

/** What is signed. Every path segment is encoded once more than on the wire (`%3A` becomes `%253A`), but for S3. */
export function canonicalRequest(
  request: SignedRequest,
  signedNames: readonly string[],
  payloadHash: string,
  service: string,
): string {
  const [path = '', query = ''] = request.path.split('?');
  const lines = signedNames.map((name) => {
    const value = name === 'host' ? (header(request, 'host') ?? header(request, ':authority')) : header(request, name);
    return `${name}:${(value ?? '').trim().replace(/\s+/g, ' ')}\n`;
  });
  return [
    request.method,
    service === 's3' ? path : path.split('/').map(encode).join('/'),
    canonicalQuery(query),
    lines.join(''),
    signedNames.join(';'),
    payloadHash,
  ].join('\n');
}

/** SHA-256 in lower-case hexadecimal digits. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Sorted by name, then by value; a name alone gets an equals sign. */
function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [name, value.join('=')].map((part) => encode(decodeURIComponent(part))) as [string, string];
  });
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  pairs.sort(([nameA, valueA], [nameB, valueB]) => order(nameA, nameB) || order(valueA, valueB));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

function mustBeSigned(request: SignedRequest): string[] {
  return Object.keys(request.headers).filter((name) => name.startsWith('x-amz-') || name === 'content-type');
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function header(request: SignedRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

function mismatch(detail: string): RequestVerdict {
  return refuse('InvalidSignatureException', MISMATCH, detail);
}

function refuse(errorType: string, message: string, detail: string): RequestVerdict {
  return { ok: false, errorType, message, detail };
}
