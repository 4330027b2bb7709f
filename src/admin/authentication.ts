import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../access/actor.js';
import type { Authority } from '../access/authority.js';
import type { SessionSeal } from '../access/session-seal.js';
import type { LoginThrottle } from '../access/throttle.js';
import { isLoopback } from '../directory/web-url.js';
import { BridgeError } from '../errors.js';
import { clearSessionCookie, SESSION_COOKIE, setSessionCookie } from './session-cookie.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null where anyone may. */
    credential: Credential | null;
  }
}

/** Who asks, and how it was shown. */
export interface Credential {
  actor: Actor;
  /** When a session ends unless it is renewed; null for a token, which is asked about each time. */
  expiresAtMs: number | null;
  /** Whether it still holds: the token was neither revoked nor has it expired. For what stays open. */
  stillHolds(): boolean;
}

export interface AuthenticationOptions {
  authority: Authority;
  seal: SessionSeal;
  throttle: LoginThrottle;
  /** Base URL of the bridge as browsers see it. */
  publicUrl: string;
  now: () => number;
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Lets every request through that its route's `roles` allow, and no other; everything below has an actor then. */
export function authenticate(server: FastifyInstance, options: AuthenticationOptions): void {
  const { throttle } = options;
  const publicOrigin = new URL(options.publicUrl).origin;
  server.decorateRequest('credential', null);

  const refuse = async (request: FastifyRequest, reply: FastifyReply, wasShown: boolean): Promise<never> => {
    if (wasShown) await throttle.refused(request.ip);
    reply.header('WWW-Authenticate', wasShown ? 'Bearer error="invalid_token"' : 'Bearer');
    throw new BridgeError('UNAUTHORIZED', 'Send "Authorization: Bearer <token>" with a valid token.');
  };

  server.addHook('onRequest', async (request, reply) => {
    const { roles, opensSocket = false } = request.is404 ? {} : request.routeOptions.config;
    const { origin } = request.headers;
    const isFromElsewhere = origin !== undefined && !isOwnOrigin(origin, publicOrigin, request.headers.host);
    if (roles === 'anyone') {
      // Nobody is logged in by somebody else's page.
      if (isFromElsewhere) throw foreignOrigin();
      return;
    }
    const { authorization } = request.headers;
    const cookie = request.cookies[SESSION_COOKIE];
    const byCookie = authorization === undefined && cookie !== undefined;
    const credential = byCookie ? ofCookie(cookie, options, reply) : ofHeader(authorization, options);
    if (!credential) {
      // Sessions that are over cannot be guessed at: browsers need not be slowed down for them.
      if (byCookie) clearSessionCookie(reply, options.publicUrl);
      return refuse(request, reply, authorization !== undefined);
    }
    if (!byCookie) throttle.accepted(request.ip);
    // A cookie travels along with whatever any page asks for.
    const isOursAlone = opensSocket || !SAFE_METHODS.has(request.method);
    if (byCookie && isOursAlone && (origin === undefined || isFromElsewhere)) throw foreignOrigin();
    if (opensSocket && isFromElsewhere) throw foreignOrigin();
    if (roles && !roles.includes(credential.actor.role)) {
      const allowed = roles.join(' or ');
      throw new BridgeError('FORBIDDEN', `This takes the role ${allowed}; yours is ${credential.actor.role}.`, {
        roles: [...roles],
      });
    }
    request.credential = credential;
  });
}

/** Who asks. Only for routes that somebody must be known for. */
export function actorOf(request: FastifyRequest): Actor {
  return credentialOf(request).actor;
}

export function credentialOf(request: FastifyRequest): Credential {
  if (!request.credential) throw new BridgeError('INTERNAL', 'This route is open to anyone, so nobody is known here.');
  return request.credential;
}

function ofHeader(authorization: string | undefined, { authority }: AuthenticationOptions): Credential | undefined {
  const [, token] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
  const actor = token === undefined ? undefined : authority.holderOf(token);
  if (token === undefined || !actor) return undefined;
  return { actor, expiresAtMs: null, stillHolds: () => authority.holderOf(token) !== undefined };
}

function ofCookie(cookie: string, options: AuthenticationOptions, reply: FastifyReply): Credential | undefined {
  const { authority, seal, now, publicUrl } = options;
  const session = seal.open(cookie);
  const actor = session && authority.holderById(session.tokenId);
  if (!session || !actor) return undefined;
  let { expiresAtMs } = session;
  if (session.isOld) {
    const next = seal.seal(session.tokenId);
    expiresAtMs = next.expiresAtMs;
    setSessionCookie(reply, next.value, publicUrl);
  }
  const stillHolds = () => now() < expiresAtMs && authority.holderById(session.tokenId) !== undefined;
  return { actor, expiresAtMs, stillHolds };
}

/** A page of ours: under the public address, or, on this machine, under the one that was asked. */
function isOwnOrigin(origin: string, publicOrigin: string, host: string | undefined): boolean {
  if (origin === publicOrigin) return true;
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const own = new URL(`http://${host}`);
  return isLoopback(own.hostname) && origin === own.origin;
}

function foreignOrigin(): BridgeError {
  return new BridgeError('FORBIDDEN', 'With a session, this is taken from pages of this bridge only (Origin).');
}
