import { createHash, randomBytes } from 'node:crypto';
import type { Page, PageRequest } from '../page.js';
import type { Actor, Role } from './actor.js';

/** A token without its secret, which nobody can see a second time. Times are ISO. */
export interface TokenInfo {
  id: string;
  name: string;
  role: Role;
  createdAt: string;
  createdBy: string;
  expiresAt: string | null;
  revokedAt: string | null;
  lastUsedAt: string | null;
}

export interface TokenInput {
  name: string;
  role: Role;
  expiresAt?: string | undefined;
}

/** Where tokens are kept: only the SHA-256 of each. */
export interface TokenStore {
  create(input: TokenInput, actor: Actor): Promise<{ token: string; info: TokenInfo }>;
  list(page: PageRequest): Promise<Page<TokenInfo>>;
  /** NOT_FOUND when there is none; revoking twice changes nothing. */
  revoke(id: string, actor: Actor): Promise<void>;
  /** Who holds this token, from memory, at once; undefined when it is unknown, expired or revoked. */
  holderOf(token: string, nowMs: number): Actor | undefined;
  /** The same by the token's id, for sessions of browsers. */
  holderById(id: string, nowMs: number): Actor | undefined;
}

/** 256 random bits: long enough that a fast hash is a safe one. */
export function newToken(): string {
  return `ort_${randomBytes(32).toString('base64url')}`;
}

export function hashOfToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
