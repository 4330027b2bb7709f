import type { Session } from './types.ts';

export type SessionState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'out' }
  /** It was there and does not hold any more: the page stays, a log-in opens over it. */
  | { readonly kind: 'expired'; readonly session: Session }
  | { readonly kind: 'in'; readonly session: Session };

let state: SessionState = { kind: 'unknown' };
const listeners = new Set<() => void>();
const waiting = new Set<() => void>();

/** Who is logged in, for the whole page. */
export const session = {
  get: (): SessionState => state,
  follow(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  /** Logged in: requests that were refused meanwhile are repeated. */
  began(next: Session): void {
    set({ kind: 'in', session: next });
    for (const resolve of [...waiting]) resolve();
    waiting.clear();
  },
  ended(): void {
    set({ kind: 'out' });
  },
  /** A request was refused; resolves when somebody has logged in again. */
  refused(): Promise<void> {
    if (state.kind === 'in') set({ kind: 'expired', session: state.session });
    return new Promise((resolve) => waiting.add(resolve));
  },
};

function set(next: SessionState): void {
  state = next;
  for (const listener of listeners) listener();
}
