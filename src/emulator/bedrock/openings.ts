import type { Fault } from './faults.js';

/** What goes wrong with the streams that are opened next. Pure: the time is handed in. */
export class OpeningFaults {
  readonly #planned: { fault: Fault; left: number; untilMs: number }[] = [];

  /** Lets the next `count` openings fail, those of earlier orders first. The answer takes back what is left of it. */
  failNext(fault: Fault, count: number): () => void {
    return this.#plan({ fault, left: count, untilMs: Number.POSITIVE_INFINITY });
  }

  /** Lets every opening fail before that time, unless an order of `failNext` came before. The answer ends it sooner. */
  failUntil(fault: Fault, untilMs: number): () => void {
    return this.#plan({ fault, left: Number.POSITIVE_INFINITY, untilMs });
  }

  /** What happens to an opening now, without using it up. */
  peek(nowMs: number): Fault | undefined {
    return this.#current(nowMs)?.fault;
  }

  /** What happens to an opening now. */
  take(nowMs: number): Fault | undefined {
    const current = this.#current(nowMs);
    if (current) current.left--;
    return current?.fault;
  }

  #plan(order: { fault: Fault; left: number; untilMs: number }): () => void {
    this.#planned.push(order);
    return () => {
      order.left = 0;
    };
  }

  #current(nowMs: number) {
    const isOver = ({ left, untilMs }: { left: number; untilMs: number }) => left <= 0 || nowMs >= untilMs;
    while (this.#planned[0] && isOver(this.#planned[0])) this.#planned.shift();
    return this.#planned[0];
  }
}
