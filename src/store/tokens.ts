import type { Actor, Role } from '../access/actor.js';
import { hashOfToken, newToken, type TokenInfo, type TokenStore } from '../access/tokens.js';
import type { Clock } from '../clock.js';
import { BridgeError, messageOf } from '../errors.js';
import type { Ids } from '../ids.js';
import type { Logger } from '../log.js';
import { findUnstorable, requireStorable } from '../storable.js';
import { enterAudit } from './audit.js';
import { countPosition, pageOf, positionOf } from './cursor.js';
import type { Database } from './database.js';

/** Tells the other instances; the payload is the id of the token. */
const CHANNEL = 'oratio_tokens';
const USE_WRITTEN_MS = 60_000;
const RELOAD_AGAIN_MS = 1000;

interface TokenRow {
  id: string;
  position: string;
  hash: Buffer;
  name: string;
  role: Role;
  created_at: Date;
  created_by: string;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
}

interface Holder {
  actor: Actor;
  hash: string;
  expiresAtMs: number;
  /** When its last use was written down, or is being. */
  usedAtMs: number;
}

export interface StoredTokens extends TokenStore {
  /** Takes all tokens into memory and hears of changes from then on. */
  load(): Promise<void>;
  /** Resolves when uses that are being written down are. */
  close(): Promise<void>;
}

/**
 * Tokens in the database, and in memory those that let someone in. Memory is a map from the SHA-256 of a token to its
 * holder. Looking up is not constant in time and need not be: what its timing could tell is parts of a hash, and 256
 * random bits are not found from parts of their hash.
 */
export function tokenStore(options: { database: Database; clock: Clock; ids: Ids; log: Logger }): StoredTokens {
  const { database, clock, ids, log } = options;
  const byHash = new Map<string, Holder>();
  const byId = new Map<string, Holder>();
  const writing = new Set<Promise<void>>();
  /** Revoked here or by notification: a reading that began before must not bring them back. */
  const revoked = new Set<string>();
  let isClosed = false;
  let cancelReload = (): void => undefined;

  const forget = (id: string) => {
    const holder = byId.get(id);
    if (holder) byHash.delete(holder.hash);
    byId.delete(id);
  };

  const remember = (row: TokenRow) => {
    if (row.revoked_at || revoked.has(row.id)) {
      revoked.add(row.id);
      forget(row.id);
      return;
    }
    const hash = row.hash.toString('base64');
    const known = byId.get(row.id);
    const holder: Holder = {
      actor: { id: row.id, name: row.name, role: row.role },
      hash,
      expiresAtMs: row.expires_at?.getTime() ?? Number.POSITIVE_INFINITY,
      usedAtMs: Math.max(known?.usedAtMs ?? 0, row.last_used_at?.getTime() ?? 0),
    };
    byHash.set(hash, holder);
    byId.set(row.id, holder);
  };

  const readAll = async () => {
    const rows = await database.query<TokenRow>(
      'SELECT * FROM tokens WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1)',
      [new Date(clock.now())],
    );
    const found = new Set(rows.map(({ id }) => id));
    for (const [id, { expiresAtMs }] of [...byId]) {
      if (expiresAtMs <= clock.now()) forget(id);
      // One that was made after this reading began is not in it.
      else if (!found.has(id)) await readOne(id);
    }
    for (const row of rows) remember(row);
  };

  const readOne = async (id: string) => {
    const [row] = await database.query<TokenRow>('SELECT * FROM tokens WHERE id = $1', [id]);
    if (row) remember(row);
    else forget(id);
  };

  const reload = (reading: () => Promise<void>) => {
    if (isClosed) return;
    reading().catch((error: unknown) => {
      // Once a second; that the store is away is told by whoever writes to it.
      const isAway = error instanceof BridgeError && error.code === 'STORE_UNAVAILABLE';
      const fields = { code: isAway ? error.code : 'INTERNAL', reason: messageOf(error) };
      log[isAway ? 'debug' : 'warn'](fields, 'tokens not read');
      cancelReload();
      if (!isClosed) cancelReload = clock.after(RELOAD_AGAIN_MS, () => reload(readAll));
    });
  };

  const used = (holder: Holder, nowMs: number) => {
    if (nowMs - holder.usedAtMs < USE_WRITTEN_MS) return;
    holder.usedAtMs = nowMs;
    const write = database
      .query('UPDATE tokens SET last_used_at = greatest(last_used_at, $2) WHERE id = $1', [
        holder.actor.id,
        new Date(nowMs),
      ])
      .then(
        () => undefined,
        (error: unknown) => log.warn({ tokenId: holder.actor.id, reason: messageOf(error) }, 'use of token not kept'),
      )
      .finally(() => writing.delete(write));
    writing.add(write);
  };

  const admitted = (holder: Holder | undefined, nowMs: number): Actor | undefined => {
    if (!holder || holder.expiresAtMs <= nowMs) return undefined;
    used(holder, nowMs);
    return holder.actor;
  };

  return {
    async create(input, actor) {
      requireStorable(input);
      const nowMs = clock.now();
      const expiresAt = input.expiresAt === undefined ? null : expiryOf(input.expiresAt, nowMs);
      const token = newToken();
      const row = await database.transaction(async (query) => {
        const [made] = await query<TokenRow>(
          `INSERT INTO tokens (id, hash, name, role, created_at, created_by, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *`,
          [ids.short('token'), hashOfToken(token), input.name, input.role, new Date(nowMs), actor.id, expiresAt],
        );
        const after = tokenInfo(made!);
        const entry = { action: 'token.created', subject: `token/${after.id}`, before: null, after };
        await enterAudit(query, entry, actor, nowMs);
        await query('SELECT pg_notify($1, $2)', [CHANNEL, after.id]);
        return made!;
      });
      remember(row);
      return { token, info: tokenInfo(row) };
    },

    async list({ limit, cursor }) {
      const before = positionOf(cursor, countPosition);
      const rows = await database.query<TokenRow>(
        'SELECT * FROM tokens WHERE $2::bigint IS NULL OR position < $2 ORDER BY position DESC LIMIT $1',
        [limit + 1, before],
      );
      return pageOf(rows, limit, tokenInfo, ({ position }) => Number(position));
    },

    async revoke(id, actor) {
      const nowMs = clock.now();
      if (findUnstorable(id).length > 0) throw unknownToken();
      await database.transaction(async (query) => {
        const [before] = await query<TokenRow>('SELECT * FROM tokens WHERE id = $1 FOR UPDATE', [id]);
        if (!before) throw unknownToken();
        if (before.revoked_at) return;
        const [after] = await query<TokenRow>('UPDATE tokens SET revoked_at = $2 WHERE id = $1 RETURNING *', [
          id,
          new Date(nowMs),
        ]);
        const entry = { before: tokenInfo(before), after: tokenInfo(after!) };
        await enterAudit(query, { action: 'token.revoked', subject: `token/${id}`, ...entry }, actor, nowMs);
        await query('SELECT pg_notify($1, $2)', [CHANNEL, id]);
      });
      revoked.add(id);
      forget(id);
    },

    holderOf: (token, nowMs) => admitted(byHash.get(hashOfToken(token).toString('base64')), nowMs),
    holderById: (id, nowMs) => admitted(byId.get(id), nowMs),

    async load() {
      await readAll();
      database.listen(
        CHANNEL,
        (id) => reload(() => readOne(id)),
        () => reload(readAll),
      );
    },

    async close() {
      isClosed = true;
      cancelReload();
      await Promise.all(writing);
    },
  };
}

function tokenInfo(row: TokenRow): TokenInfo {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  };
}

function expiryOf(text: string, nowMs: number): Date {
  const expiresAt = new Date(text);
  const isLater = expiresAt.getTime() > nowMs && expiresAt.getUTCFullYear() <= 9999;
  if (isLater) return expiresAt;
  throw new BridgeError('REQUEST_INVALID', 'The token would have expired already, or at no time that there is.', {
    field: 'expiresAt',
  });
}

function unknownToken(): BridgeError {
  return new BridgeError('NOT_FOUND', 'There is no such token.');
}
