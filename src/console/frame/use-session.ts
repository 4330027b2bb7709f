import { useEffect, useSyncExternalStore } from 'react';
import { lookUp } from '../api/log-in.ts';
import { type SessionState, session } from '../api/session.ts';

/** How long before its end a session is asked for anew, in ms. */
const RENEW_BEFORE_MS = 60_000;

/** Who is logged in; asks again while the page is open, which renews the session. */
export function useSession(): SessionState {
  const state = useSyncExternalStore(session.follow, session.get);
  const expiresAt = state.kind === 'in' ? state.session.expiresAt : null;

  useEffect(() => {
    if (expiresAt === null) return;
    const inMs = Math.max(5000, (Date.parse(expiresAt) - Date.now()) / 2 - RENEW_BEFORE_MS);
    const timer = setTimeout(lookUp, inMs);
    return () => clearTimeout(timer);
  }, [expiresAt]);
  return state;
}
