import type { Clock } from '../../clock.js';

interface Timer {
  atMs: number;
  /** Of its making: of timers that are due together, the first made fires first. */
  sequence: number;
  /** Undefined once it is cancelled. */
  action: (() => void) | undefined;
}

/**
 * Work that Node does in the next turn of its event loop, or beside it with files; until it is done nothing is settled. Node
 * does not tell of compression and cryptography beside the loop: nothing in a virtual call may use them.
 */
const UNDER_WAY: ReadonlySet<string> = new Set(['Immediate', 'FSReqCallback', 'FSReqPromise', 'CloseReq']);

/**
 * A clock that moves by itself to the next timer, and only when all that the last one caused has settled: so everything in
 * one process happens in one order, as fast as the machine can do it. Time stands still between `start` and `stop`.
 */
export class VirtualClock implements Clock {
  /** Turns of the event loop that any clock of this process waits for: the one kind of pending work that is nobody's. */
  static #ownTurns = 0;
  readonly #startMs: number;
  #nowMs: number;
  #sequence = 0;
  #timers: Timer[] = [];
  #run: { isOver: boolean } | undefined;
  #holdCount = 0;
  #wake: () => void = () => undefined;

  /** `startMs` in ms since the epoch, in whole ms. */
  constructor(startMs: number) {
    this.#startMs = startMs;
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): () => void {
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence++, action };
    this.#push(timer);
    this.#wake();
    return () => {
      timer.action = undefined;
    };
  }

  /** Time is at its beginning again, no timer is set, and from now on it moves. */
  start(): void {
    this.stop();
    this.#nowMs = this.#startMs;
    this.#sequence = 0;
    const run = { isOver: false };
    this.#run = run;
    void this.#move(run);
  }

  /** Time stands still until this has settled, for work of the machine that waits for no timer: loading code, reading files. */
  async hold<Result>(work: Promise<Result>): Promise<Result> {
    this.#holdCount++;
    try {
      return await work;
    } finally {
      this.#holdCount--;
      this.#wake();
    }
  }

  /** Time stands still, and what was still to come never will. */
  stop(): void {
    if (this.#run) this.#run.isOver = true;
    this.#run = undefined;
    this.#timers = [];
    this.#wake();
  }

  async #move(run: { isOver: boolean }): Promise<void> {
    for (;;) {
      await VirtualClock.#settled();
      if (run.isOver) return;
      const timer = this.#holdCount === 0 ? this.#pop() : undefined;
      if (timer) {
        const { action } = timer;
        timer.action = undefined;
        if (!action) continue;
        this.#nowMs = Math.max(this.#nowMs, timer.atMs);
        action();
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = () => undefined;
      }
    }
  }

  /** Promises, ticks and streams are done after one turn of the event loop, unless they asked for another one. */
  static async #settled(): Promise<void> {
    do {
      VirtualClock.#ownTurns++;
      await new Promise<void>((resolve) => setImmediate(resolve));
      VirtualClock.#ownTurns--;
    } while (VirtualClock.#isBusy());
  }

  static #isBusy(): boolean {
    const pending = process.getActiveResourcesInfo();
    let turns = 0;
    for (const kind of pending) {
      if (!UNDER_WAY.has(kind)) continue;
      if (kind !== 'Immediate') return true;
      turns++;
    }
    return turns > VirtualClock.#ownTurns;
  }

  #push(timer: Timer): void {
    const heap = this.#timers;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(timer, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#timers;
    const first = heap[0];
    const last = heap.pop();
    if (!last || last === first) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}
