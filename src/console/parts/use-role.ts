import { useSyncExternalStore } from 'react';
import { session } from '../api/session.ts';
import type { Session } from '../api/types.ts';

/** The role of who is logged in; undefined while nobody is. */
export function useRole(): Session['actor']['role'] | undefined {
  const state = useSyncExternalStore(session.follow, session.get);
  return state.kind === 'in' || state.kind === 'expired' ? state.session.actor.role : undefined;
}
