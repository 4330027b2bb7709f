/** Failures in a row after which a target is left alone. */
export const OPENS_AFTER = 5;
/** How long it is left alone before one request tries it again, in ms. */
export const OPEN_MS = 15_000;

/** Whether a target is asked at all: `half-open` while one request tries it. */
export type Circuit =
  | { readonly at: 'closed'; readonly failures: number }
  | { readonly at: 'open'; readonly untilMs: number }
  | { readonly at: 'half-open' };

export const CLOSED: Circuit = { at: 'closed', failures: 0 };

/** How a request goes through; the `trial` is the one that decides whether the circuit closes again. */
export type Passage = 'normal' | 'trial';

export function entered(circuit: Circuit, nowMs: number): { circuit: Circuit; passage: Passage | undefined } {
  switch (circuit.at) {
    case 'closed':
      return { circuit, passage: 'normal' };
    case 'open':
      if (nowMs < circuit.untilMs) return { circuit, passage: undefined };
      return { circuit: { at: 'half-open' }, passage: 'trial' };
    case 'half-open':
      return { circuit, passage: undefined };
  }
}

/** What a request that went through showed: `abandoned` when nobody waited for it to the end. */
export type Showing = 'alive' | 'failing' | 'abandoned';

/**
 * Requests that went through before the circuit opened may report afterwards: their answers close it, since the target
 * lives; their failures are no news.
 */
export function reported(circuit: Circuit, passage: Passage, showing: Showing, nowMs: number): Circuit {
  if (showing === 'alive') return CLOSED;
  switch (circuit.at) {
    case 'closed': {
      if (showing === 'abandoned') return circuit;
      const failures = circuit.failures + 1;
      return failures < OPENS_AFTER ? { at: 'closed', failures } : { at: 'open', untilMs: nowMs + OPEN_MS };
    }
    case 'open':
      return circuit;
    case 'half-open':
      if (passage === 'normal') return circuit;
      // A trial that nobody waited for has shown nothing: the next request tries again.
      return { at: 'open', untilMs: showing === 'failing' ? nowMs + OPEN_MS : nowMs };
  }
}
