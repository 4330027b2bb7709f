import { lastKnownMs } from './carried-over.js';
import type { CallEvent, CallListener } from './events.js';
import { recorded } from './events.js';
import { lostStreams } from './lost-streams.js';
import { lostTurns } from './lost-turns.js';
import { moved, type Offset, offsetOf } from './offset.js';
import type { CallRecord } from './record.js';

/** Ended calls kept in memory for whoever asks next; the oldest give way. */
const KEPT_CALLS = 1000;

const BEGINNINGS: ReadonlySet<CallEvent['kind']> = new Set(['rang', 'answered']);

/** Hears of a call what has just happened, and what is on record of it now. Must not throw and must not wait. */
export type RecordListener = (event: CallEvent, record: CallRecord, wallTimeMs: number) => void;

/** What happens to a call of which it is not known what is on record: told to nobody until it is. */
export interface HeldCall {
  /** What it began with here. */
  begin: CallRecord | undefined;
  happened: { event: CallEvent; wallTimeMs: number }[];
}

/** What is on record of the calls of this instance, in memory: live ones and those that have just ended. */
export class LiveRecords {
  readonly #records = new Map<string, CallRecord>();
  readonly #held = new Map<string, HeldCall>();
  /** Of calls that were joined with what is on record of them while they went on. */
  readonly #offsets = new Map<string, Offset>();
  readonly #keptCalls: number;
  readonly #changed: RecordListener;

  constructor(changed: RecordListener = () => undefined, keptCalls = KEPT_CALLS) {
    this.#changed = changed;
    this.#keptCalls = keptCalls;
  }

  readonly listener: CallListener = (event, wallTimeMs) => {
    const { callSid } = event;
    const before = this.#records.get(callSid);
    // A call that did not begin here is another instance's, or is forgotten: half a record would overwrite the whole one.
    if (!before && !BEGINNINGS.has(event.kind)) return;
    const held = this.#held.get(callSid);
    if (held) {
      held.happened.push({ event, wallTimeMs });
      this.#records.set(callSid, recorded(before, event, wallTimeMs));
      return;
    }
    // A new media stream begins with what is on record.
    if (event.kind === 'answered') this.#offsets.delete(callSid);
    const offset = this.#offsets.get(callSid);
    this.#enter(offset ? moved(event, offset) : event, wallTimeMs);
    if (!before) this.#makeRoom();
  };

  peek(callSid: string): CallRecord | undefined {
    return this.#records.get(callSid);
  }

  /** All of them, but those that are held: what is in memory of them is not the whole. */
  *values(): Iterable<CallRecord> {
    for (const [callSid, record] of this.#records) if (!this.#held.has(callSid)) yield record;
  }

  /** Calls that have ended and are still in memory. */
  get endedCallSids(): string[] {
    return [...this.values()].filter(({ state }) => state === 'ended').map(({ callSid }) => callSid);
  }

  /** Takes up a call that began on another instance, with what that one had committed of it. */
  adopt(record: CallRecord): void {
    this.#records.set(record.callSid, record);
    this.#makeRoom();
  }

  /** Keeps what happens to a call to itself until it is joined with what is on record of it. */
  hold(callSid: string, held: HeldCall = { begin: undefined, happened: [] }): void {
    this.#held.set(callSid, held);
    if (held.begin && !this.#records.has(callSid)) this.#records.set(callSid, held.begin);
  }

  heldOf(callSid: string): HeldCall | undefined {
    return this.#held.get(callSid);
  }

  /** Tells what was held as it follows on what is `stored`; undefined: nothing is. */
  join(callSid: string, stored: CallRecord | undefined): void {
    const held = this.#held.get(callSid);
    const own = this.#records.get(callSid);
    this.#held.delete(callSid);
    const [first] = held?.happened ?? [];
    if (!held || !own || !first) return;
    const begin = stored ?? held.begin;
    if (begin) this.#records.set(callSid, begin);
    else this.#records.delete(callSid);
    const offset = stored && offsetOf(stored, own);
    if (stored) {
      const { direction, from, to, agentId, agentVersion, state } = stored;
      const taken = { kind: 'takenUp', direction, from, to, agentId, agentVersion, state } as const;
      const facts = [taken, ...lostStreams(stored.streams, lastKnownMs(stored)), ...lostTurns(stored.turns)];
      for (const fact of facts) this.#enter({ callSid, atMs: 0, ...fact }, first.wallTimeMs);
    }
    for (const { event, wallTimeMs } of held.happened) {
      if (stored && event.kind === 'rang') continue;
      this.#enter(offset ? moved(event, offset) : event, wallTimeMs);
    }
    if (offset) this.#offsets.set(callSid, offset);
  }

  /** A caller asked to be forgotten: nothing of that call is kept in memory either. */
  forget(callSid: string): void {
    this.#records.delete(callSid);
    this.#held.delete(callSid);
    this.#offsets.delete(callSid);
  }

  #enter(event: CallEvent, wallTimeMs: number): void {
    const record = recorded(this.#records.get(event.callSid), event, wallTimeMs);
    this.#records.set(event.callSid, record);
    this.#changed(event, record, wallTimeMs);
  }

  #makeRoom(): void {
    for (const [callSid, record] of this.#records) {
      if (this.#records.size <= this.#keptCalls) return;
      if (record.state === 'ended' && !this.#held.has(callSid)) this.forget(callSid);
    }
  }
}
