import { useSyncExternalStore } from 'react';
import { session } from '../../api/session.ts';

/** Whether whoever is logged in may change agents; others look at them. */
export function useMayEdit(): boolean {
  const role = useRole();
  return role === 'admin';
}

/** Whether whoever is logged in may run tools of agents. */
export function useMayTry(): boolean {
  const role = useRole();
  return role === 'admin' || role === 'tester';
}

function useRole(): string | undefined {
  const state = useSyncExternalStore(session.follow, session.get);
  return state.kind === 'in' || state.kind === 'expired' ? state.session.actor.role : undefined;
}
