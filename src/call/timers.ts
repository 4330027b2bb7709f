/** Named timers of which each runs once at a time: setting one anew forgets the earlier. */
export class Timers<Name extends string> {
  readonly #after: (ms: number, action: () => void) => () => void;
  readonly #running = new Map<Name, () => void>();

  constructor(after: (ms: number, action: () => void) => () => void) {
    this.#after = after;
  }

  set(name: Name, ms: number, action: () => void): void {
    this.cancel(name);
    const cancel = this.#after(ms, () => {
      this.#running.delete(name);
      action();
    });
    this.#running.set(name, cancel);
  }

  cancel(name: Name): void {
    this.#running.get(name)?.();
    this.#running.delete(name);
  }

  cancelAll(): void {
    for (const cancel of this.#running.values()) cancel();
    this.#running.clear();
  }
}
