import type { Leg, LegRecord } from './leg.js';

/** What the REST API may do to a call. */
export type CallChange =
  | { to: 'end'; status: 'completed' | 'canceled' }
  | { to: 'twiml'; twiml: string }
  | { to: 'url'; url: string; method: 'GET' | 'POST' }
  | { to: 'report'; url: string; method: 'GET' | 'POST' }
  | { to: 'time-limit'; limitMs: number };

/** Takes a change, or says false when the leg is in no state for it. */
export type LegControl = (change: CallChange) => boolean;

/** All legs of a phone, and the way to reach those that are not over. */
export class Switchboard {
  readonly #legs: Leg[] = [];
  readonly #controls = new Map<string, LegControl>();

  get legs(): readonly LegRecord[] {
    return this.#legs;
  }

  enter(leg: Leg, control: LegControl): void {
    this.#legs.push(leg);
    this.#controls.set(leg.callSid, control);
  }

  /** The leg is over: it stays on record, and out of reach. */
  leave(leg: Leg): void {
    this.#controls.delete(leg.callSid);
  }

  /** False when there is no such leg, or when it is in no state for this. */
  change(callSid: string, change: CallChange): boolean {
    return this.#controls.get(callSid)?.(change) ?? false;
  }
}
