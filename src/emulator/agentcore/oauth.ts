import { type Clock, realClock } from '../../clock.js';
import { type Ids, randomIds } from '../../ids.js';
import { type AwsAnswer, type AwsRequest, type AwsServer, startAwsServer } from '../aws/server.js';
import { TokenMint } from './tokens.js';

export interface OauthClient {
  clientId: string;
  clientSecret: string;
  /** Those it may ask for; all of them are given when it asks for none. */
  scopes: readonly string[];
  /** The one way in which its secret is taken; default: both. */
  method?: 'basic' | 'form';
}

export interface OauthOptions {
  clients: readonly OauthClient[];
  /** Of a token, in seconds; default 3,600. */
  lifetimeS?: number;
  /** Whether answers say how long the token lasts, which RFC 6749 leaves open; default true. */
  tellsLifetime?: boolean;
  clock?: Clock;
  ids?: Ids;
}

/** The running token end point; `requests`, `failNext` and the rest as for other stand-ins, but nothing is signed. */
export type OauthEmulator = AwsServer & {
  readonly tokenUrl: string;
  /** Whether the token was given out here and still holds. */
  accepts(token: string): boolean;
  revokeAll(): void;
  /** From now on the client has this secret. */
  rotate(clientId: string, clientSecret: string): void;
};

/** Starts an OAuth 2.0 token end point for clients' own credentials. Source: RFC 6749, 2.3.1, 4.4, 5.1 and 5.2. */
export async function startOauth(options: OauthOptions): Promise<OauthEmulator> {
  const { lifetimeS = 3600, tellsLifetime = true, clock = realClock(), ids = randomIds() } = options;
  const clients = new Map(options.clients.map((client) => [client.clientId, client]));
  const mint = new TokenMint('https://issuer.example', clock, ids);

  const handle = ({ method, path, headers, body }: AwsRequest): AwsAnswer => {
    if (path !== '/oauth2/token') return { status: 404, body: { error: 'not_found' } };
    if (method !== 'POST') return { status: 405, headers: { allow: 'POST' }, body: { error: 'invalid_request' } };
    if (!/^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '')) {
      return refusal(400, 'invalid_request', 'The body must be a form.');
    }
    const form = new URLSearchParams(body.toString('utf8'));
    const given = credentialsOf(headers.authorization, form);
    if (given === 'both') return refusal(400, 'invalid_request', 'The client must authenticate in one way only.');
    const client = given && clients.get(given.id);
    if (!client || client.clientSecret !== given.secret || (client.method ?? given.method) !== given.method) {
      const answer = refusal(401, 'invalid_client', 'The client is not known by this id and secret.');
      return { ...answer, headers: { ...answer.headers, 'www-authenticate': 'Basic realm="oauth"' } };
    }
    if (!form.has('grant_type')) return refusal(400, 'invalid_request', 'grant_type is missing.');
    if (form.get('grant_type') !== 'client_credentials') {
      return refusal(400, 'unsupported_grant_type', 'Only client_credentials is supported.');
    }
    const asked = form.get('scope')?.split(' ').filter(Boolean) ?? [];
    if (asked.some((scope) => !client.scopes.includes(scope))) {
      return refusal(400, 'invalid_scope', 'The client may not ask for this scope.');
    }
    const scopes = asked.length > 0 ? asked : client.scopes;
    return {
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: {
        access_token: mint.issue(client.clientId, scopes, lifetimeS * 1000),
        token_type: 'Bearer',
        ...(tellsLifetime && { expires_in: lifetimeS }),
        scope: scopes.join(' '),
      },
    };
  };

  const server = await startAwsServer({ service: 'oauth', clock, ids, admits: () => true, handle });
  return Object.assign(server, {
    tokenUrl: `${server.url}/oauth2/token`,
    accepts: (token: string) => mint.accepts(token),
    revokeAll: () => mint.revokeAll(),
    rotate(clientId: string, clientSecret: string) {
      const client = clients.get(clientId);
      if (client) clients.set(clientId, { ...client, clientSecret });
    },
  });
}

/** Id and secret are form-encoded before they become Basic credentials. Source: RFC 6749, 2.3.1. */
function credentialsOf(
  authorization: string | undefined,
  form: URLSearchParams,
): { id: string; secret: string; method: 'basic' | 'form' } | 'both' | undefined {
  const [, encoded] = /^Basic (.+)$/i.exec(authorization ?? '') ?? [];
  if (encoded !== undefined) {
    if (form.has('client_secret')) return 'both';
    const [, id = '', secret = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
    return { id: formDecoded(id), secret: formDecoded(secret), method: 'basic' };
  }
  const id = form.get('client_id');
  return id === null ? undefined : { id, secret: form.get('client_secret') ?? '', method: 'form' };
}

function formDecoded(text: string): string {
  return new URLSearchParams(`v=${text.replace(/&/g, '%26')}`).get('v') ?? '';
}

function refusal(status: number, error: string, description: string): AwsAnswer {
  return { status, headers: { 'cache-control': 'no-store' }, body: { error, error_description: description } };
}
