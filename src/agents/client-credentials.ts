import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { isObject, parsedJson } from './answer-text.js';
import { readText } from './body.js';
import { failure, SIGN_IN, WHO } from './failure.js';
import { post } from './post.js';
import type { Secrets } from './secrets.js';
import type { Token } from './token-cache.js';
import type { TokenAuth } from './tokens.js';

type OAuth = Extract<TokenAuth, { kind: 'oauth' }>;

/** Used when the server does not say how long its token lasts; RFC 6749 leaves that out at will. */
const DEFAULT_LIFETIME_MS = 300_000;
const MAX_ANSWER_BYTES = 65_536;

/** Asks for tokens with a client's own id and secret. Source: RFC 6749, 2.3.1, 4.4, 5.1 and 5.2. */
export function clientCredentials({ requestHandler, secrets }: { requestHandler: NodeHttpHandler; secrets: Secrets }) {
  const ask = async (auth: OAuth, secret: string, signal: AbortSignal) => {
    const basic = await send(requestHandler, auth, secret, 'basic', signal);
    // Some servers take the secret in the form only.
    return basic.at === 'client-refused' ? send(requestHandler, auth, secret, 'form', signal) : basic;
  };
  return {
    async request(auth: OAuth, signal: AbortSignal): Promise<Token> {
      const { secret, isFresh } = await secrets.read(auth.clientSecret, signal);
      let answer = await ask(auth, secret, signal);
      if (answer.at === 'client-refused') {
        secrets.forget(auth.clientSecret);
        if (!isFresh) answer = await ask(auth, (await secrets.read(auth.clientSecret, signal)).secret, signal);
      }
      if (answer.at === 'token') return answer.token;
      throw failure('credentials', WHO, { details: { tokenStatus: answer.status, oauthError: answer.error } });
    },
  };
}

type Answer =
  | { readonly at: 'token'; readonly token: Token }
  | { readonly at: 'refused' | 'client-refused'; readonly status: number; readonly error: string };

async function send(
  handler: NodeHttpHandler,
  { tokenUrl, clientId, scopes }: OAuth,
  secret: string,
  way: 'basic' | 'form',
  signal: AbortSignal,
): Promise<Answer> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  if (way === 'form') {
    form.set('client_id', clientId);
    form.set('client_secret', secret);
  }
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    ...(way === 'basic' && { authorization: basicOf(clientId, secret) }),
  };
  const { status, body } = await post(handler, new URL(tokenUrl), { headers, body: form.toString() }, signal);
  const { text, end } = await readText(body, MAX_ANSWER_BYTES);
  if (end.at === 'broken') throw failure('unavailable', SIGN_IN, { cause: end.cause });
  if (status >= 500 || status === 429) throw failure('unavailable', SIGN_IN, { details: { tokenStatus: status } });
  const value = parsedJson(text);
  const members = isObject(value) ? value : {};
  if (status < 200 || status > 299) return refusal(status, members.error);
  const { access_token, token_type, expires_in } = members;
  if (typeof access_token !== 'string' || !/^[\x21-\x7e]+$/.test(access_token)) return refusal(status, 'no_token');
  // Some servers leave the type out, though it is required.
  if (token_type !== undefined && !/^bearer$/i.test(String(token_type))) return refusal(status, 'no_bearer_token');
  const lifetimeS = Number(expires_in);
  return {
    at: 'token',
    token: {
      authorization: `Bearer ${access_token}`,
      lifetimeMs: lifetimeS > 0 ? lifetimeS * 1000 : DEFAULT_LIFETIME_MS,
    },
  };
}

function refusal(status: number, error: unknown): Answer {
  const name = typeof error === 'string' && /^[a-z_]{1,60}$/.test(error) ? error : 'unknown';
  const isOfClient = status === 401 || name === 'invalid_client';
  return { at: isOfClient ? 'client-refused' : 'refused', status, error: name };
}

/** Both halves are form-encoded before base64. */
function basicOf(clientId: string, secret: string): string {
  const [id, password] = [clientId, secret].map((each) => new URLSearchParams({ '': each }).toString().slice(1));
  return `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`;
}
