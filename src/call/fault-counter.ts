import type { ErrorCode } from '../errors.js';
import type { CallFact } from './events.js';

/** Counts the irregularities of a call by code. The first of a kind is told at once, the rest in one sum at the end. */
export class FaultCounter {
  readonly #counts = new Map<ErrorCode, number>();
  readonly #emit: (fact: CallFact) => void;

  constructor(emit: (fact: CallFact) => void) {
    this.#emit = emit;
  }

  /** True when it was the first of its kind. */
  count(code: ErrorCode): boolean {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (count === 1) this.#emit({ kind: 'faulted', code, count });
    return count === 1;
  }

  close(): void {
    for (const [code, count] of this.#counts) if (count > 1) this.#emit({ kind: 'faulted', code, count: count - 1 });
    this.#counts.clear();
  }
}
