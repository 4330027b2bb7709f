import type { CharacterSet } from './characters.js';

/** A regular expression of Python's `re`, as far as its backtracking is concerned. */
export type RegexNode =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'sequence'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly options: readonly RegexNode[] }
  /** `most` is Infinity for `*` and `+`. */
  | { readonly kind: 'repeat'; readonly of: RegexNode; readonly least: number; readonly most: number }
  /** Round brackets whose text is kept: Python repeats them step by step. */
  | { readonly kind: 'kept'; readonly of: RegexNode }
  /** Takes nothing, and may fail: `$`, `\b`; `isStart` only at the beginning of the text. */
  | { readonly kind: 'assertion'; readonly isStart: boolean }
  /** Looks on, or back, and takes nothing. */
  | { readonly kind: 'look'; readonly of: RegexNode };
