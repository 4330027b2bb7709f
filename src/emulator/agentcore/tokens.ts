import { createHmac } from 'node:crypto';
import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';

/** Makes bearer tokens (JWT, HS256) and knows its own. */
export class TokenMint {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #issuer: string;
  readonly #secret: string;
  readonly #tokens = new Map<string, number>();

  constructor(issuer: string, clock: Clock, ids: Ids) {
    this.#issuer = issuer;
    this.#clock = clock;
    this.#ids = ids;
    this.#secret = ids.uuid();
  }

  issue(subject: string, scopes: readonly string[], lifetimeMs: number): string {
    const nowMs = this.#clock.now();
    const claims = {
      iss: this.#issuer,
      sub: subject,
      client_id: subject,
      scope: scopes.join(' '),
      iat: Math.floor(nowMs / 1000),
      exp: Math.floor((nowMs + lifetimeMs) / 1000),
      jti: this.#ids.uuid(),
    };
    const signed = [{ alg: 'HS256', typ: 'JWT' }, claims].map(base64url).join('.');
    const token = `${signed}.${createHmac('sha256', this.#secret).update(signed).digest('base64url')}`;
    this.#tokens.set(token, nowMs + lifetimeMs);
    return token;
  }

  /** Whether the token is one of its own and still holds. */
  accepts(token: string): boolean {
    return (this.#tokens.get(token) ?? 0) > this.#clock.now();
  }

  /** Lets every token given out so far be of no more use, whatever its time. */
  revokeAll(): void {
    this.#tokens.clear();
  }
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
