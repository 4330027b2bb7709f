import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.js';
import { FIRST_ADMINISTRATOR } from './authority.js';

/** How long a browser stays logged in after its last request, in ms. */
export const SESSION_LIFETIME_MS = 3_600_000;

/** A browser's session: of which token, and until when. */
export interface Session {
  tokenId: string;
  expiresAtMs: number;
  /** Past half of its life: time for the next one. */
  isOld: boolean;
}

/** Makes and reads what a browser carries instead of its token. Nothing is kept of it here: it lives as long as its token. */
export interface SessionSeal {
  seal(tokenId: string): { value: string; expiresAtMs: number };
  /** Undefined for what is none of ours, was changed, or has expired. */
  open(value: string): Session | undefined;
}

export function sessionSeal(options: { secretsKey: string; adminToken: string; clock: Clock }): SessionSeal {
  const { secretsKey, adminToken, clock } = options;
  const key = Buffer.from(hkdfSync('sha256', secretsKey, '', 'oratio session', 32));
  const adminTokenHash = createHash('sha256').update(adminToken).digest('base64url');

  const sign = (body: string, tokenId: string) => {
    // ADMIN_TOKEN always has the same id: its sessions end when it is replaced.
    const bound = tokenId === FIRST_ADMINISTRATOR.id ? `${body}.${adminTokenHash}` : body;
    return createHmac('sha256', key).update(bound).digest();
  };

  return {
    seal(tokenId) {
      const expiresAtMs = Math.floor(clock.now() + SESSION_LIFETIME_MS);
      const body = `${tokenId}.${expiresAtMs.toString(36)}`;
      return { value: `${body}.${sign(body, tokenId).toString('base64url')}`, expiresAtMs };
    },

    open(value) {
      const [tokenId = '', expiry = '', signature = '', ...rest] = value.split('.');
      const right = sign(`${tokenId}.${expiry}`, tokenId);
      const given = Buffer.from(signature, 'base64url');
      if (rest.length > 0 || given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
      const expiresAtMs = Number.parseInt(expiry, 36);
      const leftMs = expiresAtMs - clock.now();
      return leftMs > 0 ? { tokenId, expiresAtMs, isOld: leftMs < SESSION_LIFETIME_MS / 2 } : undefined;
    },
  };
}
