import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { MAX_HAND_OVERS, recentOf } from './entry.js';
import type { CallRecord } from './record.js';
import type { CallRegistry } from './registry.js';
import type { CallSession } from './session.js';
import type { HandOverMoment } from './state.js';
import { within } from './within.js';

/** How often it is asked whether another instance takes calls, in ms. */
const LOOK_EVERY_MS = 1000;
/** How long is waited for the store to have all that is known of calls, in ms; a call stays here until it has. */
const KEPT_LIMIT_MS = 1000;
/** How often live calls are told that they are to be handed over, in ms. */
const ASK_EVERY_MS = 200;
/** A call in which no turn ends for this long is handed over in a pause, in ms; never later than half of the time there is. */
const TURN_WAIT_MS = 15_000;
/** A call that came back here is not handed over again at once, in ms: the load balancer does not know yet. */
const CAME_BACK_WAIT_MS = 5000;
/** Calls on their way at the same time: opening a model stream takes the others some ms of CPU, and the model has limits. */
const MAX_ON_THEIR_WAY = 20;
/** What was handed over or ended at the last moment gets this long to be kept, and the carrier to ask what comes next, in ms. */
const LAST_MS = 3000;

export interface DrainOptions {
  registry: CallRegistry;
  recordOf: (callSid: string) => CallRecord | undefined;
  /** Says to all that this instance takes no more calls. */
  announce: () => Promise<unknown>;
  /** Whether another instance takes calls. */
  hasSuccessor: () => Promise<boolean>;
  /** Resolves when what is known of calls is kept; rejects after so many ms. */
  flush: (limitMs: number) => Promise<void>;
  /** Calls go on to be taken for this long when there is another instance, in ms, until no load balancer sends any here. */
  delayMs: number;
  /** After so many ms from the beginning the last calls leave, whatever goes on in them. */
  limitMs: number;
  clock: Clock;
  log: Logger;
}

/**
 * Empties an instance that is being stopped: its live calls go on at another one, each from a good moment on; where there is
 * no other, they go on here to their end, or until the time is up.
 */
export class Drain {
  readonly #options: DrainOptions;
  /** Since when each call may be handed over. */
  readonly #since = new Map<CallSession, number>();
  #running: Promise<void> | undefined;
  #canLeave = false;
  #hasAsked = false;

  constructor(options: DrainOptions) {
    this.#options = options;
  }

  /** From now on no load balancer should send anything new here. */
  get hasBegun(): boolean {
    return this.#running !== undefined;
  }

  /** Resolves when no call is left, or the time is up. Never rejects. May be called again. */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    const { registry, delayMs, limitMs, clock, log } = this.#options;
    const beganAtMs = clock.now();
    const left = () => Math.max(0, limitMs - (clock.now() - beganAtMs));
    await this.#announce();
    await this.#look();
    if (this.#canLeave) await this.#pause(Math.min(delayMs, left()));
    const idle = registry.drain().then(() => 'idle' as const);
    const stopLooking = this.#every(LOOK_EVERY_MS, () => void this.#look());
    this.#ask();
    const stopAsking = this.#every(ASK_EVERY_MS, () => this.#ask());
    const end = await Promise.race([idle, this.#pause(left())]);
    stopLooking();
    stopAsking();
    if (end === 'idle') return;
    log.warn({ calls: registry.liveCount, handedOver: this.#canLeave }, 'time to drain is over');
    for (const session of registry.sessions) {
      if (this.#canLeave && this.#mayLeave(session)) session.handOver('now');
      // Nobody goes on with it: an apology, and the fallback of its number.
      else session.hangUp('failed');
    }
    await Promise.race([idle, this.#pause(LAST_MS)]);
  }

  async #announce(): Promise<void> {
    const { announce, clock, log } = this.#options;
    await within(clock, KEPT_LIMIT_MS, announce()).catch((error: unknown) => {
      log.warn({ err: error, code: 'STORE_UNAVAILABLE' }, 'others do not know yet that this instance is being stopped');
    });
  }

  /** Finds out whether another instance could go on with calls now: there is one, and it would find all that is known. */
  async #look(): Promise<void> {
    const { hasSuccessor, flush, clock } = this.#options;
    try {
      this.#canLeave = await within(clock, KEPT_LIMIT_MS, hasSuccessor());
      if (this.#canLeave) await flush(KEPT_LIMIT_MS);
    } catch {
      this.#canLeave = false;
    }
  }

  #ask(): void {
    for (const session of this.#options.registry.sessions) session.handOver(this.#momentFor(session));
    this.#hasAsked = true;
  }

  #momentFor(session: CallSession): HandOverMoment | undefined {
    const { registry, limitMs, clock } = this.#options;
    const nowMs = clock.now();
    const sinceMs = this.#since.get(session) ?? nowMs + (this.#hasAsked ? CAME_BACK_WAIT_MS : 0);
    this.#since.set(session, sinceMs);
    if (!this.#canLeave || nowMs < sinceMs || !this.#mayLeave(session)) return undefined;
    if (registry.onTheirWay.count >= MAX_ON_THEIR_WAY) return undefined;
    return nowMs - sinceMs < Math.min(TURN_WAIT_MS, limitMs / 2) ? 'turn' : 'pause';
  }

  /** A test call has no carrier that would open another media stream; one that has gone round too often stays. */
  #mayLeave(session: CallSession): boolean {
    const isTest = this.#options.recordOf(session.callSid)?.test ?? false;
    return !isTest && this.#handOvers(session) < MAX_HAND_OVERS / 2;
  }

  #handOvers({ callSid }: CallSession): number {
    const { recordOf, clock } = this.#options;
    const all = recordOf(callSid)?.reconnections ?? [];
    return recentOf(
      all.filter(({ why }) => why === 'handed-over').map(({ at }) => Date.parse(at)),
      clock.now(),
    ).length;
  }

  #every(ms: number, action: () => void): () => void {
    let cancel = (): void => undefined;
    const next = () => {
      cancel = this.#options.clock.after(ms, () => {
        next();
        action();
      });
    };
    next();
    return () => cancel();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(ms, resolve));
  }
}
