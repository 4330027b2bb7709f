import type { Clock } from '../clock.js';
import type { CallStore } from './call-store.js';
import { emptyRecord } from './events.js';
import type { HeldCall, LiveRecords } from './live-records.js';
import type { CallRecord } from './record.js';
import type { CallRegistry } from './registry.js';

/** How often the store is asked what is on record of a call that goes on here without it, in ms. */
const LOOK_EVERY_MS = 1000;

/** What one instance gives another that goes on with a call. */
export interface GivenCall {
  record: CallRecord;
  /** When that one did not know all of it either. */
  held?: HeldCall;
}

export interface KeepingOptions {
  records: LiveRecords;
  registry: () => Pick<CallRegistry, 'session' | 'lost'>;
  store: {
    calls: Pick<CallStore, 'takeUp'>;
    /** Of a call that is taken up: all of it is written, not only what happens from now on. */
    enterWhole(record: CallRecord): void;
    /** What waits to be written of a call takes it from nobody any more. */
    letGo(callSid: string): void;
  };
  /** Told of what is forgotten here, while nothing was on hold of it. */
  left?: (record: CallRecord) => void;
  clock: Clock;
}

/** What is in memory of calls as they come from other instances and go to them, by way of the store or without it. */
export class Keeping {
  readonly #options: KeepingOptions;
  readonly #looks = new Map<string, () => void>();

  constructor(options: KeepingOptions) {
    this.#options = options;
  }

  /** What the reception needs of it. */
  readonly ports = {
    restore: (callSid: string) => this.#restore(callSid),
    adopt: (given: GivenCall) => this.#adopt(given),
    giveUp: (callSid: string) => this.#giveUp(callSid),
    unknown: (callSid: string, startedAtMs: number | undefined) => this.#hold(callSid, startedAtMs),
    isUnknown: (callSid: string) => this.#options.records.heldOf(callSid) !== undefined,
  };

  /** Calls that another instance carries now, or that were deleted. */
  lost(callSids: readonly string[]): void {
    const { records, registry, left } = this.#options;
    for (const callSid of callSids) {
      const record = records.heldOf(callSid) ? undefined : records.peek(callSid);
      records.forget(callSid);
      if (record) left?.(record);
      registry().lost(callSid);
    }
  }

  close(): void {
    for (const cancel of this.#looks.values()) cancel();
    this.#looks.clear();
  }

  async #restore(callSid: string): Promise<CallRecord | undefined> {
    const { records, registry, store } = this.#options;
    const record = await store.calls.takeUp(callSid);
    // Its media stream may have come here meanwhile.
    if (record && !registry().session(callSid) && !records.heldOf(callSid)) records.adopt(record);
    return record;
  }

  #adopt({ record, held }: GivenCall): void {
    const { records, store } = this.#options;
    const { callSid } = record;
    records.adopt(record);
    if (held) {
      records.hold(callSid, held);
      this.#lookLater(callSid);
    } else store.enterWhole(record);
  }

  /** Nothing of it stays here. */
  #giveUp(callSid: string): GivenCall | undefined {
    const { records, store } = this.#options;
    const record = records.peek(callSid);
    const held = records.heldOf(callSid);
    store.letGo(callSid);
    this.lost([callSid]);
    return record && { record, ...(held && { held }) };
  }

  /** Joined with what is on record of it as soon as the store can say what that is. */
  #hold(callSid: string, startedAtMs: number | undefined): void {
    const startedAt = startedAtMs === undefined ? undefined : new Date(startedAtMs).toISOString();
    const begin =
      startedAt === undefined ? undefined : { ...emptyRecord(callSid, startedAt), mediaStartedAt: startedAt };
    this.#options.records.hold(callSid, { begin, happened: [] });
    this.#lookLater(callSid);
  }

  #lookLater(callSid: string): void {
    const { clock } = this.#options;
    this.#looks.get(callSid)?.();
    this.#looks.set(
      callSid,
      clock.after(LOOK_EVERY_MS, () => void this.#look(callSid)),
    );
  }

  async #look(callSid: string): Promise<void> {
    const { records, store } = this.#options;
    this.#looks.delete(callSid);
    if (!records.heldOf(callSid)) return;
    try {
      records.join(callSid, await store.calls.takeUp(callSid));
    } catch {
      // The store says itself, once, that it is away.
      this.#lookLater(callSid);
    }
  }
}
