import type { CallEvent, CallListener } from './events.js';
import { recorded } from './events.js';
import type { CallRecord } from './record.js';

/** Ended calls kept in memory for whoever asks next; the oldest give way. */
const KEPT_CALLS = 1000;

const BEGINNINGS: ReadonlySet<CallEvent['kind']> = new Set(['rang', 'answered']);

/** Hears of a call what has just happened, and what is on record of it now. Must not throw and must not wait. */
export type RecordListener = (event: CallEvent, record: CallRecord, wallTimeMs: number) => void;

/** What is on record of the calls of this instance, in memory: live ones and those that have just ended. */
export class LiveRecords {
  readonly #records = new Map<string, CallRecord>();
  readonly #keptCalls: number;
  readonly #changed: RecordListener;

  constructor(changed: RecordListener = () => undefined, keptCalls = KEPT_CALLS) {
    this.#changed = changed;
    this.#keptCalls = keptCalls;
  }

  readonly listener: CallListener = (event, wallTimeMs) => {
    const before = this.#records.get(event.callSid);
    // A call that did not begin here is another instance's, or is forgotten: half a record would overwrite the whole one.
    if (!before && !BEGINNINGS.has(event.kind)) return;
    const record = recorded(before, event, wallTimeMs);
    this.#records.set(event.callSid, record);
    if (!before) this.#makeRoom();
    this.#changed(event, record, wallTimeMs);
  };

  peek(callSid: string): CallRecord | undefined {
    return this.#records.get(callSid);
  }

  /** All of them. */
  values(): Iterable<CallRecord> {
    return this.#records.values();
  }

  /** Calls that have ended and are still in memory. */
  get endedCallSids(): string[] {
    return [...this.#records.values()].filter(({ state }) => state === 'ended').map(({ callSid }) => callSid);
  }

  /** Takes up a call that began on another instance, with what that one had committed of it. */
  adopt(record: CallRecord): void {
    this.#records.set(record.callSid, record);
    this.#makeRoom();
  }

  /** A caller asked to be forgotten: nothing of that call is kept in memory either. */
  forget(callSid: string): void {
    this.#records.delete(callSid);
  }

  #makeRoom(): void {
    for (const [callSid, record] of this.#records) {
      if (this.#records.size <= this.#keptCalls) return;
      if (record.state === 'ended') this.#records.delete(callSid);
    }
  }
}
