import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import { type Circuit, CLOSED, entered, reported, type Showing } from './circuit.js';
import { isTimeout } from './failure.js';
import { reasonOf } from './why.js';

/** Failures that the target itself answered with: it is alive, and another caller's request may well succeed. */
const ANSWERS = ['refused', 'not-found', 'conflict', 'agent-error'];
/** Failures that say nothing about the target: it is asked by others, too, who say otherwise who they are. */
const SILENT = ['not-configured', 'credentials', 'cancelled', 'interrupted'];

/** The circuit of every target that tools ask, all calls together. Only those that fail take memory. */
export class Circuits {
  readonly #circuits = new Map<string, Circuit>();
  readonly #clock: Clock;
  readonly #changed: (target: string, state: Circuit['at']) => void;

  constructor(clock: Clock, changed: (target: string, state: Circuit['at']) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** Asks the target unless its circuit is open: then TOOL_FAILED at once. What `limit` cuts short by time is a failure. */
  async pass<Result>(target: string, limit: AbortSignal, ask: () => Promise<Result>): Promise<Result> {
    const { circuit, passage } = entered(this.#of(target), this.#clock.now());
    if (!passage) {
      throw new BridgeError('TOOL_FAILED', 'this system has been failing and is not asked for the moment', {
        reason: 'circuit-open',
        target,
      });
    }
    this.#become(target, circuit);
    let isReported = false;
    const report = (showing: Showing) => {
      if (isReported) return;
      isReported = true;
      limit.removeEventListener('abort', onAbort);
      this.#become(target, reported(this.#of(target), passage, showing, this.#clock.now()));
    };
    const onAbort = () => report(isTimeout(limit.reason) ? 'failing' : 'abandoned');
    limit.addEventListener('abort', onAbort, { once: true });
    try {
      const result = await ask();
      report('alive');
      return result;
    } catch (error) {
      report(showingOf(error));
      throw error;
    }
  }

  #of(target: string): Circuit {
    return this.#circuits.get(target) ?? CLOSED;
  }

  #become(target: string, next: Circuit): void {
    const before = this.#of(target);
    if (next.at === 'closed' && next.failures === 0) this.#circuits.delete(target);
    else this.#circuits.set(target, next);
    if (before.at !== next.at) this.#changed(target, next.at);
  }
}

function showingOf(error: unknown): Showing {
  const reason = reasonOf(error) ?? '';
  if (SILENT.includes(reason) || (error instanceof BridgeError && error.code === 'TOOL_INPUT_INVALID')) {
    return 'abandoned';
  }
  return ANSWERS.includes(reason) ? 'alive' : 'failing';
}
