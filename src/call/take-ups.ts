import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { lastKnownMs } from './carried-over.js';
import type { GivenCall } from './keeping.js';
import { lostStreams } from './lost-streams.js';
import { lostTurns } from './lost-turns.js';
import { type CallRecord, ownNumber } from './record.js';
import type { CallRegistry } from './registry.js';
import { within } from './within.js';

/** A caller does not wait longer than this for what another instance has on record, in ms. */
const RESTORE_LIMIT_MS = 1000;
/** The same for what that instance says itself, when the store has answered. */
const GIVEN_LIMIT_MS = 300;
/** It is remembered of so many calls where they have gone: some hours of a busy instance. */
const REMEMBERED_CALLS = 10_000;

export interface TakeUpsOptions {
  registry: CallRegistry;
  /** What any instance has on record of it; taken up here when it was another one's. */
  restore: (callSid: string) => Promise<CallRecord | undefined>;
  /** Takes what another instance gives of a call; left out, there is none. */
  adopt?: ((given: GivenCall) => void) | undefined;
  /** Gives what is known of a call to another instance, and forgets it. */
  giveUp?: ((callSid: string) => GivenCall | undefined) | undefined;
  clock: Clock;
  log: Logger;
}

export interface TakenUp {
  record: CallRecord | undefined;
  /** False when neither the store nor another instance could say what is on record of it. */
  isKnown: boolean;
}

/** Calls that come here from other instances, and those that go from here to others. */
export class TakeUps {
  readonly #options: TakeUpsOptions;
  /** The addresses of those that have calls now which were ours. */
  readonly #gone = new Map<string, string>();

  constructor(options: TakeUpsOptions) {
    this.#options = options;
  }

  /**
   * Goes on with the call of another instance, with what that one has left on record; `given`: what it says itself, which is
   * the newest. Never rejects.
   */
  async takeUp(callSid: string, given?: Promise<GivenCall | undefined>): Promise<TakenUp> {
    const { registry, adopt, clock } = this.#options;
    const stored = await this.#stored(callSid);
    const own = await (stored.record && given ? within(clock, GIVEN_LIMIT_MS, given).catch(() => undefined) : given);
    // Its media stream may have come here meanwhile.
    if (own && !registry.session(callSid)) adopt?.(own);
    const record = own?.record ?? stored.record;
    if (record) {
      registry.takeUp(record, record.test ? undefined : ownNumber(record));
      // Had its instance been there, it would have closed them.
      const lost = [...lostStreams(record.streams, lastKnownMs(record)), ...lostTurns(record.turns)];
      if (!registry.session(callSid)) for (const fact of lost) registry.emit(callSid, fact);
      this.#gone.delete(callSid);
    }
    return { record, isKnown: record !== undefined || stored.isKnown };
  }

  /** The carrier has opened another media stream of the call at the instance `to`, which goes on with it. */
  giveUp(callSid: string, to: string): GivenCall | undefined {
    const { registry, giveUp } = this.#options;
    registry.session(callSid)?.callFinished();
    this.#gone.delete(callSid);
    this.#gone.set(callSid, to);
    const [oldest] = this.#gone.keys();
    if (this.#gone.size > REMEMBERED_CALLS) this.#gone.delete(oldest!);
    return giveUp?.(callSid);
  }

  /** The address of the instance that has taken a call from here. */
  goneTo(callSid: string): string | undefined {
    return this.#gone.get(callSid);
  }

  async #stored(callSid: string): Promise<TakenUp> {
    const { restore, clock, log } = this.#options;
    try {
      return { record: await within(clock, RESTORE_LIMIT_MS, restore(callSid)), isKnown: true };
    } catch (error) {
      log.warn({ callSid, err: error, code: 'STORE_UNAVAILABLE' }, 'what is on record of a call cannot be had');
      return { record: undefined, isKnown: false };
    }
  }
}
