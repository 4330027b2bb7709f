import type { Clock } from '../clock.js';

/** No person is spoken to for longer than this over a call of ours, in ms: what the carrier allows any call. */
export const DIAL_LIMIT_MS = 4 * 3_600_000;

interface Dial {
  number: string;
  sinceMs: number;
}

/**
 * Calls that take up room without a stream of their own: held while it is decided whether they are taken, or put through to
 * a person. A place is taken in the tick in which it is asked for, so that calls that come at once do not all find it free.
 */
export class CallPlaces {
  readonly #clock: Clock;
  /** The number of ours by call, in the order in which they came. */
  readonly #held = new Map<string, string>();
  readonly #dials = new Map<string, Dial>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get heldCount(): number {
    return this.#held.size;
  }

  /** Takes room for a call before it is known whether it is taken; it keeps that until it rings, or is let go. */
  hold(callSid: string, number: string): void {
    this.#held.set(callSid, number);
  }

  release(callSid: string): void {
    this.#held.delete(callSid);
  }

  /** The calls over a number that came before this one and are not decided about; all of them when it holds no place. */
  heldBefore(callSid: string, number: string): string[] {
    const before: string[] = [];
    for (const [each, over] of this.#held) {
      if (each === callSid) break;
      if (over === number) before.push(each);
    }
    return before;
  }

  /** The carrier dials a person for the caller; `sinceMs` (epoch) when that was not now. */
  dialBegan(callSid: string, number: string, sinceMs = this.#clock.now()): void {
    this.#dials.set(callSid, { number, sinceMs });
  }

  /** Answers how long it lasted, in ms; undefined when none was under way here. */
  dialEnded(callSid: string): number | undefined {
    const lastedMs = this.#lastedMs(callSid);
    this.#dials.delete(callSid);
    return lastedMs;
  }

  isDialling(callSid: string): boolean {
    return this.#lastedMs(callSid) !== undefined;
  }

  /** The calls over a number that are put through to a person, and for how long by now, in ms. */
  dialsOver(number: string): { callSid: string; lastedMs: number }[] {
    return [...this.#dials].flatMap(([callSid, dial]) => {
      const lastedMs = dial.number === number ? this.#lastedMs(callSid) : undefined;
      return lastedMs === undefined ? [] : [{ callSid, lastedMs }];
    });
  }

  /** A dial of whose end nobody told has been over for as long as none may last. */
  #lastedMs(callSid: string): number | undefined {
    const dial = this.#dials.get(callSid);
    if (!dial) return undefined;
    const lastedMs = this.#clock.now() - dial.sinceMs;
    if (lastedMs <= DIAL_LIMIT_MS + RINGING_MS) return lastedMs;
    this.#dials.delete(callSid);
    return undefined;
  }
}

/** Before the limit of a dial begins to count it may ring, in ms. */
const RINGING_MS = 60_000;
