import { request } from './client.ts';
import { ApiProblem } from './problem.ts';
import { session } from './session.ts';
import type { Session } from './types.ts';

/** In this browser somebody has logged in and not out. */
const HAS_BEEN_KEY = 'oratio.has-been';

/** Whether it is worth asking who is logged in: who has not been here before is nobody. */
export function hasBeenHere(): boolean {
  return localStorage.getItem(HAS_BEEN_KEY) !== null;
}

/** Asks who is logged in, which renews the session. */
export async function lookUp(): Promise<void> {
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

export async function logOut(): Promise<void> {
  await request('/sessions/current', { method: 'DELETE' }).catch(() => undefined);
  localStorage.removeItem(HAS_BEEN_KEY);
  session.ended();
}
