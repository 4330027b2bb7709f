import type { DoWanted } from '../tools/ports.js';
import type { CarriedError } from './carried-error.js';
import type { ListedServer } from './catalog-mirror.js';
import type { MethodName } from './methods.js';

/** What came of it. */
export type Outcome<Value> = { readonly value: Value } | { readonly error: CarriedError };

/** To whom is asked. Numbers are the asking side's, each used once. */
export type Order =
  | {
      readonly kind: 'ask';
      readonly number: number;
      readonly method: MethodName;
      readonly given: readonly unknown[];
      /** Somebody wants to know what is said while it is being said. */
      readonly isHeard: boolean;
      /** Nobody waited for it from the beginning. */
      readonly isAborted: boolean;
    }
  /** Nobody waits for it any more; it is answered all the same. */
  | { readonly kind: 'abort'; readonly number: number }
  /** What came of what was wanted. */
  | { readonly kind: 'done'; readonly number: number; readonly outcome: Outcome<Awaited<ReturnType<DoWanted>>> };

/** From whom is asked. */
export type Told =
  | { readonly kind: 'answer'; readonly number: number; readonly outcome: Outcome<unknown> }
  /** What an agent has said so far: no more than can be spoken, and only when it has changed. */
  | { readonly kind: 'soFar'; readonly number: number; readonly text: string | undefined }
  /** Wants this done, one thing at a time, and waits for it. */
  | { readonly kind: 'wanted'; readonly number: number; readonly actions: Parameters<DoWanted>[0] }
  | { readonly kind: 'listed'; readonly listed: ListedServer }
  /** What share of a core the thread had in the last second. */
  | { readonly kind: 'looked'; readonly share: number }
  /** A line of the log. */
  | { readonly kind: 'logged'; readonly line: string };
