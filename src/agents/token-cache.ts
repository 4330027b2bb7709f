import { createHash } from 'node:crypto';
import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { failure, givenUp, SIGN_IN, signInFailureOf } from './failure.js';
import type { TokenAuth } from './tokens.js';

export interface Token {
  /** `Bearer …`. */
  readonly authorization: string;
  readonly lifetimeMs: number;
}

export interface TokenCache {
  get(auth: TokenAuth, signal: AbortSignal): Promise<string>;
  drop(auth: TokenAuth, authorization?: string): void;
  close(): void;
}

/** Past this part of its life a token is renewed while it still serves, so that no caller waits for the next. */
const RENEW_AFTER = 0.8;
/** A token is not used in the last part of its life: it must outlive the request, and clocks differ. */
const MARGIN = 0.1;
const MAX_MARGIN_MS = 30_000;
const REQUEST_LIMIT_MS = 10_000;

interface Entry {
  kept?: { readonly authorization: string; readonly renewAtMs: number; readonly uselessAtMs: number };
  pending?: Promise<string>;
}

/** Keeps one token for each credential, and asks for it once, however many wait for it. */
export function tokenCache(options: {
  request: (auth: TokenAuth, signal: AbortSignal) => Promise<Token>;
  clock: Clock;
  log: Logger;
}): TokenCache {
  const { request, clock, log } = options;
  const entries = new Map<string, Entry>();
  const closing = new AbortController();

  const entryOf = (auth: TokenAuth): Entry => {
    const key = keyOf(auth);
    const known = entries.get(key);
    if (known) return known;
    for (const [each, { kept, pending }] of entries) {
      if (!pending && (!kept || kept.uselessAtMs <= clock.now())) entries.delete(each);
    }
    const entry: Entry = {};
    entries.set(key, entry);
    return entry;
  };

  const renew = (entry: Entry, auth: TokenAuth): Promise<string> => {
    const limit = new AbortController();
    const cancel = clock.after(REQUEST_LIMIT_MS, () => limit.abort());
    // Not the signal of whoever asked first: others wait for the same token.
    const signal = AbortSignal.any([limit.signal, closing.signal]);
    const fetching = request(auth, signal)
      .then(({ authorization, lifetimeMs }) => {
        const uselessAtMs = clock.now() + lifetimeMs - Math.min(lifetimeMs * MARGIN, MAX_MARGIN_MS);
        entry.kept = { authorization, renewAtMs: clock.now() + lifetimeMs * RENEW_AFTER, uselessAtMs };
        return authorization;
      })
      .catch((error: unknown) => {
        throw limit.signal.aborted ? failure('unavailable', SIGN_IN, { cause: error }) : signInFailureOf(error, signal);
      })
      .finally(() => {
        cancel();
        if (entry.pending === fetching) delete entry.pending;
      });
    entry.pending = fetching;
    return fetching;
  };

  return {
    async get(auth, signal) {
      if (signal.aborted || closing.signal.aborted) throw givenUp(SIGN_IN);
      const entry = entryOf(auth);
      const { kept } = entry;
      const nowMs = clock.now();
      if (kept && nowMs < kept.renewAtMs) return kept.authorization;
      const pending = entry.pending ?? renew(entry, auth);
      if (!kept || nowMs >= kept.uselessAtMs) return unlessAborted(pending, signal);
      pending.catch((error: unknown) => {
        log.warn({ provider: nameOf(auth), error: messageOf(error) }, 'token was not renewed early');
      });
      return kept.authorization;
    },
    drop(auth, authorization) {
      const entry = entries.get(keyOf(auth));
      if (!entry) return;
      if (authorization === undefined || entry.kept?.authorization === authorization) delete entry.kept;
    },
    close() {
      closing.abort();
      entries.clear();
    },
  };
}

/** Secrets are not kept as text just to tell credentials apart. */
function keyOf(auth: TokenAuth): string {
  return createHash('sha256').update(JSON.stringify(auth)).digest('base64');
}

function nameOf(auth: TokenAuth): string {
  return auth.kind === 'oauth' ? new URL(auth.tokenUrl).host : auth.provider;
}

function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(givenUp(SIGN_IN));
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
