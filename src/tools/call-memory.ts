import type { ToolOutcome } from '../call/ports.js';

/** Calls remembered at once; the one that began first is forgotten. Calls are forgotten when they end. */
const MAX_CALLS = 5000;

/** What the belt remembers of a call while it lasts. */
interface Memory {
  /** What came, or will come, of each tool call, by the model's id of it. */
  readonly outcomes: Map<string, Promise<ToolOutcome>>;
  readonly runCounts: Map<string, number>;
}

export class CallMemory {
  readonly #calls = new Map<string, Memory>();

  /** Starts the run unless the same call id has been seen in this call: then that run's outcome is shared. */
  once(callSid: string, callId: string, callOver: AbortSignal, run: () => Promise<ToolOutcome>): Promise<ToolOutcome> {
    const { outcomes } = this.#of(callSid, callOver);
    const earlier = outcomes.get(callId);
    if (earlier) return earlier;
    const outcome = run();
    outcomes.set(callId, outcome);
    return outcome;
  }

  /** How often the tool has been run in this call; from now on once more. */
  countRun(callSid: string, toolName: string, callOver: AbortSignal): number {
    const { runCounts } = this.#of(callSid, callOver);
    const count = runCounts.get(toolName) ?? 0;
    runCounts.set(toolName, count + 1);
    return count;
  }

  #of(callSid: string, callOver: AbortSignal): Memory {
    const known = this.#calls.get(callSid);
    if (known) return known;
    const memory: Memory = { outcomes: new Map(), runCounts: new Map() };
    // A call that is over announces no other end.
    if (callOver.aborted) return memory;
    this.#calls.set(callSid, memory);
    callOver.addEventListener('abort', () => this.#calls.delete(callSid), { once: true });
    if (this.#calls.size > MAX_CALLS) this.#calls.delete(this.#calls.keys().next().value!);
    return memory;
  }
}
