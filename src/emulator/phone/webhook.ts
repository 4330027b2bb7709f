import type { IncomingHttpHeaders } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { Clock } from '../../clock.js';
import { messageOf } from '../../errors.js';
import { TwilioFault } from './fault.js';
import { failureOf, type Retries, retriesOf } from './overrides.js';
import { sign, signedForm } from './signature.js';
import type { PhoneWire, WireAnswer } from './wire.js';

export interface WebhookRequest {
  /** Public URL; a fragment (connection overrides) is neither sent nor signed. */
  url: string;
  method: 'GET' | 'POST';
  /** In the order in which they are sent; no name twice. */
  params: readonly (readonly [string, string])[];
  /** Null: no signature header. */
  authToken: string | null;
  headers?: Readonly<Record<string, string>>;
}

/** What a phone has to send webhooks with. */
export interface WebhookSite {
  clock: Clock;
  timeoutMs: number;
  locate: (publicUrl: URL) => string;
  wire: PhoneWire;
}

export interface WebhookAnswer {
  status: number;
  contentType: string;
  body: string;
  /** The URL that answered, after redirects. */
  url: string;
}

const REDIRECT_LIMIT = 10;
const CONNECT_ERRORS = ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ECONNRESET'];

/**
 * Sends a signed webhook as Twilio does: form fields, 15 s limit, one retry when no connection comes about unless the URL says
 * otherwise, 301 and 302 followed as GET without the fields. Throws `TwilioFault` 11205 (no connection), 11200 (no answer in
 * time), 11215 (redirects). Source: Twilio, Webhooks; connection overrides.
 */
export async function sendWebhook(request: WebhookRequest, site: WebhookSite): Promise<WebhookAnswer> {
  let { url, method, params } = request;
  const retries = retriesOf(url);
  for (let hops = 0; hops <= REDIRECT_LIMIT; hops++) {
    const answer = await tried({ ...request, url, method, params }, retries, site);
    const location = answer.headers.location;
    if (answer.status < 300 || answer.status >= 400 || location === undefined) {
      return { status: answer.status, contentType: answer.headers['content-type'] ?? '', body: answer.body, url };
    }
    url = new URL(location, url).href;
    if (answer.status < 307) [method, params] = ['GET', []];
  }
  throw new TwilioFault(11215, `too many redirects from ${request.url}`);
}

/** The first answer that is good enough, or the last one. All attempts share the time that one webhook has. */
async function tried(request: WebhookRequest, { count, covers }: Retries, site: WebhookSite): Promise<RawAnswer> {
  const { signal, cancel } = timeLimit(request.url, site);
  try {
    for (let attempt = 0; ; attempt++) {
      const isLast = attempt === count;
      const token = attempt > 0 && { 'I-Twilio-Idempotency-Token': idempotencyToken(request.params) };
      try {
        const answer = await once({ ...request, headers: { ...request.headers, ...token } }, site, signal);
        const failure = failureOf(answer.status);
        if (isLast || !failure || !covers(failure)) return answer;
      } catch (error) {
        if (isLast || signal.aborted || !covers(isConnectError(error) ? 'ct' : 'rt')) throw asFault(request.url, error);
      }
    }
  } finally {
    cancel();
  }
}

function timeLimit(url: string, { clock, timeoutMs }: WebhookSite) {
  const limit = new AbortController();
  const cancel = clock.after(timeoutMs, () =>
    limit.abort(new TwilioFault(11200, `no answer of ${url} in ${Math.round(timeoutMs)} ms`)),
  );
  return { signal: limit.signal, cancel };
}

/** The same for every attempt at one request. Source: Twilio, Webhooks connection overrides (retries). */
export function idempotencyToken(params: WebhookRequest['params']): string {
  return sign('idempotency', params.map(([name, value]) => `${name}=${value}`).join('&'));
}

interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

async function once(
  { url, method, params, authToken, headers }: WebhookRequest,
  { locate, wire }: WebhookSite,
  signal: AbortSignal,
): Promise<RawAnswer> {
  const form = new URLSearchParams(Object.fromEntries(params)).toString();
  const isPost = method === 'POST';
  const bare = url.replace(/#.*$/s, '');
  const whole = isPost || form === '' ? bare : `${bare}${bare.includes('?') ? '&' : '?'}${form}`;
  const publicUrl = new URL(whole);
  const signature = authToken !== null && sign(authToken, signedForm(whole), isPost ? Object.fromEntries(params) : {});
  const origin = new URL(locate(publicUrl));
  const request = {
    origin,
    path: `${publicUrl.pathname}${publicUrl.search}`,
    method,
    headers: {
      Host: publicUrl.host,
      'User-Agent': 'TwilioProxy/1.1',
      Accept: '*/*',
      'Accept-Encoding': 'gzip',
      'X-Home-Region': 'us1',
      ...(signature && { 'X-Twilio-Signature': signature }),
      ...(isPost && {
        'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
        'Content-Length': String(Buffer.byteLength(form)),
      }),
      ...headers,
    },
    body: isPost ? form : undefined,
  };
  const answer = await wire.request(request, signal);
  return { status: answer.status, headers: answer.headers, body: textOf(answer, url) };
}

function textOf({ headers, body }: WireAnswer, url: string): string {
  try {
    return (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
  } catch (error) {
    throw new TwilioFault(11206, `unreadable answer of ${url}`, { cause: error });
  }
}

function isConnectError(error: unknown): boolean {
  return error instanceof Error && CONNECT_ERRORS.includes((error as Error & { code?: string }).code ?? '');
}

function asFault(url: string, error: unknown): TwilioFault {
  if (error instanceof TwilioFault) return error;
  return new TwilioFault(isConnectError(error) ? 11205 : 11200, `${url}: ${messageOf(error)}`, { cause: error });
}
