import type { Clock, FakeClock } from '../../src/clock.js';

/** Time as a process has it that may stand still, while the world around it goes on. */
export class ProcessClock implements Clock {
  readonly #world: FakeClock;
  #isStopped = false;
  readonly #timers = new Set<() => void>();
  #late: (() => void)[] = [];
  #delivered: (() => void)[] = [];

  constructor(world: FakeClock) {
    this.#world = world;
  }

  now(): number {
    return this.#world.now();
  }

  after(delayMs: number, action: () => void): () => void {
    let isCancelled = false;
    const act = () => {
      if (!isCancelled) action();
    };
    const cancel = this.#world.after(delayMs, () => {
      this.#timers.delete(cancel);
      if (this.#isStopped) this.#late.push(act);
      else act();
    });
    this.#timers.add(cancel);
    return () => {
      isCancelled = true;
      this.#timers.delete(cancel);
      cancel();
    };
  }

  /** What comes from outside, in order: now, or when the process goes on. */
  deliver(what: () => void): void {
    if (this.#isStopped || this.#delivered.length > 0) this.#delivered.push(what);
    else what();
  }

  /** Nothing of it goes on. */
  kill(): void {
    this.#isStopped = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Goes on, with its timers as an event loop does, or with what has been delivered. */
  goOn(first: 'timers' | 'model'): void {
    this.#isStopped = false;
    if (first === 'model') this.#take();
    for (const act of this.#late.splice(0)) act();
    this.#take();
  }

  #take(): void {
    for (let what = this.#delivered[0]; what; what = this.#delivered[0]) {
      what();
      this.#delivered.shift();
    }
  }
}
