import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { request } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { session } from '../api/session.ts';
import type { Session } from '../api/types.ts';

/** How long before its end a session is asked for anew, in ms. */
const RENEW_BEFORE_MS = 60_000;
/** In this browser somebody has logged in and not out. */
const HAS_BEEN_KEY = 'oratio.has-been';

/** Who is logged in; asks once when the page opens, and again while it is open, which renews the session. */
export function useSession() {
  const state = useSyncExternalStore(session.follow, session.get);
  const expiresAt = state.kind === 'in' ? state.session.expiresAt : null;

  useEffect(() => {
    if (session.get().kind !== 'unknown') return;
    // Who has not been here before need not be asked for.
    if (localStorage.getItem(HAS_BEEN_KEY) === null) session.ended();
    else void look();
  }, []);
  useEffect(() => {
    if (expiresAt === null) return;
    const inMs = Math.max(5000, (Date.parse(expiresAt) - Date.now()) / 2 - RENEW_BEFORE_MS);
    const timer = setTimeout(look, inMs);
    return () => clearTimeout(timer);
  }, [expiresAt]);

  const logOut = useCallback(async () => {
    await request('/sessions/current', { method: 'DELETE' }).catch(() => undefined);
    localStorage.removeItem(HAS_BEEN_KEY);
    session.ended();
  }, []);
  return { state, logOut };
}

async function look(): Promise<void> {
  try {
    const response = await fetch('/api/sessions/current');
    if (response.ok) session.began((await response.json()) as Session);
    else if (session.get().kind !== 'in') session.ended();
    // A proxy that answers for a bridge that is being replaced has not ended anything.
    else if (response.status === 401) void session.refused();
  } catch {
    // The bridge does not answer at the moment: whoever is logged in stays so, and others cannot log in anyway.
    if (session.get().kind === 'unknown') session.ended();
  }
}

/** Logs in with a token. Rejects with an `ApiProblem`. */
export async function logIn(token: string): Promise<void> {
  let response: Response;
  try {
    response = await fetch('/api/sessions', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
    });
  } catch {
    throw new ApiProblem(0, undefined);
  }
  if (!response.ok) throw new ApiProblem(response.status, await response.json());
  localStorage.setItem(HAS_BEEN_KEY, 'yes');
  session.began((await response.json()) as Session);
}
