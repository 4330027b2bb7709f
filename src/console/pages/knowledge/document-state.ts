import type { Look } from './state-mark.tsx';
import type { Document } from './types.ts';

/** How a document stands, in words. */
export function stateOf({ state, error }: Document): { look: Look; words: string; reason: string | null } {
  switch (state) {
    case 'waiting':
      return error === null
        ? { look: 'waits', words: 'waiting', reason: null }
        : { look: 'again', words: 'tried again soon', reason: error };
    case 'storing':
      return { look: 'works', words: 'reading and embedding', reason: error };
    case 'stored':
      return { look: 'good', words: 'ready', reason: null };
    case 'failed':
      return { look: 'bad', words: 'failed', reason: error ?? 'No reason was told.' };
    case 'deleting':
      return { look: 'going', words: 'being deleted', reason: error };
  }
}

/** Steps done of `received, read and embedded, ready`; undefined when it is over. */
export function stepOf({ state }: Document): { done: number; of: number } | undefined {
  if (state === 'waiting') return { done: 1, of: 3 };
  return state === 'storing' ? { done: 2, of: 3 } : undefined;
}

/** What is worked on first; undefined when nothing more happens to it. */
export function rankOf({ state, error }: Document): number | undefined {
  if (state === 'stored' || state === 'failed') return undefined;
  if (state === 'storing') return 0;
  return error === null ? 1 : 2;
}
