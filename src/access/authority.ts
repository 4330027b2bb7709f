import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { Actor } from './actor.js';
import type { TokenStore } from './tokens.js';

/** The first administrator: whoever holds ADMIN_TOKEN. */
export const FIRST_ADMINISTRATOR: Actor = { id: 'admin-token', name: 'ADMIN_TOKEN', role: 'admin' };

/** Knows who holds which token, from memory, also while the store is away. */
export interface Authority {
  /** Undefined for a token that is unknown, expired or revoked. */
  holderOf(token: string): Actor | undefined;
  /** The same by the token's id. */
  holderById(id: string): Actor | undefined;
}

/** ADMIN_TOKEN is compared in constant time, whatever the length of what was given. */
export function authority(options: {
  tokens: Pick<TokenStore, 'holderOf' | 'holderById'>;
  adminToken: string;
  clock: Clock;
}): Authority {
  const { tokens, adminToken, clock } = options;
  const right = digest(adminToken);
  return {
    holderOf(token) {
      if (timingSafeEqual(digest(token), right)) return FIRST_ADMINISTRATOR;
      return tokens.holderOf(token, clock.now());
    },
    holderById(id) {
      return id === FIRST_ADMINISTRATOR.id ? FIRST_ADMINISTRATOR : tokens.holderById(id, clock.now());
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
