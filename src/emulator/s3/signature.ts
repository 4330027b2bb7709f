import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Refusal } from './refusal.js';

/** What a client must sign with. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** A request as it came: `url` is path and query, still percent-encoded. */
export interface SignedRequest {
  method: string;
  url: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const MAX_SKEW_MS = 15 * 60_000;
const MAX_EXPIRY_SECONDS = 604_800;

interface Claim {
  credential: string;
  signedNames: readonly string[];
  signature: string;
  date: string;
  token: string | undefined;
  payloadHash: string;
  /** Present in a presigned URL. */
  expiresSeconds: number | undefined;
}

/**
 * Checks Signature Version 4 in the header or in the query (presigned URL). Throws a `Refusal`. `nowMs` undefined: the
 * time of the request is not judged. Source: Amazon S3 API Reference, Authenticating Requests.
 */
export function verifySignature(
  request: SignedRequest,
  given: { credentials: Credentials; region: string; nowMs: number | undefined },
): void {
  const { credentials, region, nowMs } = given;
  const [, query = ''] = splitUrl(request.url);
  const parameters = new URLSearchParams(query);
  const claim = parameters.has('X-Amz-Signature') ? claimOfQuery(parameters) : claimOfHeader(request);
  const [accessKeyId, day = '', scopeRegion, service, terminator] = claim.credential.split('/');
  if (accessKeyId !== credentials.accessKeyId) throw new Refusal('InvalidAccessKeyId', { AWSAccessKeyId: accessKeyId });
  if (claim.token !== credentials.sessionToken) throw new Refusal('InvalidToken');
  if (scopeRegion !== region || service !== 's3' || terminator !== 'aws4_request') {
    throw new Refusal('AuthorizationHeaderMalformed', { Region: region }, `the scope must be ${region}/s3/aws4_request`);
  }
  const sentAtMs = timeOf(claim.date);
  if (sentAtMs === undefined || !claim.date.startsWith(day)) throw new Refusal('AccessDenied', {}, 'invalid date');
  if (nowMs !== undefined) checkTime(claim, sentAtMs, nowMs);
  const unsigned = mustBeSigned(request).find((name) => !claim.signedNames.includes(name));
  if (unsigned !== undefined) {
    throw new Refusal('AccessDenied', { HeadersNotSigned: unsigned }, 'There were headers present in the request which were not signed');
  }

  const canonical = canonicalRequest(request, claim);
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = [ALGORITHM, claim.date, scope, sha256(canonical)].join('\n');
  let key: Buffer = Buffer.from(`AWS4${credentials.secretAccessKey}`, 'utf8');
  for (const part of [day, region, 's3', 'aws4_request']) key = createHmac('sha256', key).update(part).digest();
  const expected = createHmac('sha256', key).update(toSign).digest();
  const provided = Buffer.from(claim.signature, 'hex');
  if (provided.length !== expected.length || !timingSafeEqual(provided, expected)) {
    throw new Refusal('SignatureDoesNotMatch', { StringToSign: toSign, CanonicalRequest: canonical });
  }
}

function claimOfHeader(request: SignedRequest): Claim {
  const authorization = header(request, 'authorization');
  if (authorization === undefined) throw new Refusal('AccessDenied');
  const match = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(authorization);
  if (!match) throw new Refusal('AuthorizationHeaderMalformed');
  const payloadHash = header(request, 'x-amz-content-sha256');
  if (payloadHash === undefined) {
    throw new Refusal('InvalidRequest', {}, 'Missing required header for this request: x-amz-content-sha256');
  }
  return {
    credential: match[1]!,
    signedNames: match[2]!.split(';'),
    signature: match[3]!,
    date: header(request, 'x-amz-date') ?? '',
    token: header(request, 'x-amz-security-token'),
    payloadHash,
    expiresSeconds: undefined,
  };
}

function claimOfQuery(parameters: URLSearchParams): Claim {
  const expiresSeconds = Number(parameters.get('X-Amz-Expires') ?? Number.NaN);
  if (!(expiresSeconds > 0 && expiresSeconds <= MAX_EXPIRY_SECONDS)) {
    throw new Refusal('AccessDenied', {}, 'X-Amz-Expires must be from 1 to 604800 seconds');
  }
  return {
    credential: parameters.get('X-Amz-Credential') ?? '',
    signedNames: (parameters.get('X-Amz-SignedHeaders') ?? '').split(';'),
    signature: parameters.get('X-Amz-Signature') ?? '',
    date: parameters.get('X-Amz-Date') ?? '',
    token: parameters.get('X-Amz-Security-Token') ?? undefined,
    payloadHash: parameters.get('X-Amz-Content-Sha256') ?? 'UNSIGNED-PAYLOAD',
    expiresSeconds,
  };
}

function checkTime({ expiresSeconds }: Claim, sentAtMs: number, nowMs: number): void {
  if (expiresSeconds !== undefined && nowMs > sentAtMs + expiresSeconds * 1000) {
    throw new Refusal('AccessDenied', {}, 'Request has expired');
  }
  const skewMs = expiresSeconds === undefined ? Math.abs(nowMs - sentAtMs) : sentAtMs - nowMs;
  if (skewMs > MAX_SKEW_MS) {
    const ServerTime = new Date(nowMs).toISOString();
    throw new Refusal('RequestTimeTooSkewed', { ServerTime, MaxAllowedSkewMilliseconds: MAX_SKEW_MS });
  }
}

/** The path is encoded once, as on the wire: unlike all other services. */
function canonicalRequest(request: SignedRequest, claim: Claim): string {
  const [path, query = ''] = splitUrl(request.url);
  const pairs = [...new URLSearchParams(query.replace(/\+/g, '%2B'))]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort();
  const lines = claim.signedNames.map((name) => `${name}:${(header(request, name) ?? '').trim().replace(/\s+/g, ' ')}\n`);
  return [
    request.method,
    path.split('/').map((segment) => encode(decodeURIComponent(segment))).join('/'),
    pairs.join('&'),
    lines.join(''),
    claim.signedNames.join(';'),
    claim.payloadHash,
  ].join('\n');
}

function mustBeSigned(request: SignedRequest): string[] {
  return ['host', ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-') && name !== 'x-amz-content-sha256')];
}

function splitUrl(url: string): [string, string | undefined] {
  const mark = url.indexOf('?');
  return mark < 0 ? [url, undefined] : [url.slice(0, mark), url.slice(mark + 1)];
}

function header(request: SignedRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function timeOf(date: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [number, number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
