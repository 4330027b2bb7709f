import type { ToolWait, ToolWaits } from './ports.js';

/** How many of the last runs of a tool count. */
const WINDOW = 200;
/** Tools beyond this number push out the one that has not run for longest. */
const MAX_TOOLS = 2000;

/** How long tools keep callers waiting: the last 200 runs of each. */
export class WaitStatistics implements ToolWaits {
  readonly #waits = new Map<string, number[]>();

  add(agentId: string, toolName: string, waitMs: number): void {
    const key = keyOf(agentId, toolName);
    const waits = this.#waits.get(key) ?? [];
    waits.push(waitMs);
    if (waits.length > WINDOW) waits.shift();
    this.#waits.delete(key);
    this.#waits.set(key, waits);
    if (this.#waits.size > MAX_TOOLS) this.#waits.delete(this.#waits.keys().next().value!);
  }

  waitOf(agentId: string, toolName: string): ToolWait | undefined {
    const waits = this.#waits.get(keyOf(agentId, toolName));
    if (!waits) return undefined;
    const sorted = waits.toSorted((a, b) => a - b);
    return { count: sorted.length, p50Ms: percentile(sorted, 50), p95Ms: percentile(sorted, 95) };
  }
}

function keyOf(agentId: string, toolName: string): string {
  return `${agentId}\n${toolName.toLowerCase()}`;
}

/** The nearest rank: a wait that really happened, in whole ms. */
function percentile(sorted: readonly number[], percent: number): number {
  return Math.round(sorted[Math.ceil((sorted.length * percent) / 100) - 1]!);
}
