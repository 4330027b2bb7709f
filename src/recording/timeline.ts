import { Track } from './track.js';
import { PAIRS_PER_MS } from './wave-header.js';

/** Caller audio with a time so far in the future is not believed. */
const AHEAD_LIMIT_MS = 10_000;

/** Timestamps of the carrier jitter by a few ms; only more than this is a gap. */
const JITTER_MS = 10;

/** Twilio buffers ten minutes of audio and discards what comes on top. Source: Twilio, error 31931. */
const QUEUE_LIMIT_MS = 600_000;

/** What is younger than this is not taken out yet, so that a blank span may begin this far back, in ms. */
export const HELD_BACK_MS = 300;

/** Key tones and last syllables reach the bridge a little later than what announces them, in ms. */
export const AFTERGLOW_MS = 300;

/**
 * Both sides of one media stream, each where it is heard: the caller by the carrier's timestamps, the agent as the carrier
 * plays it (one queue in real time, emptied by `cleared`). Positions are pairs of samples since the start of the call; what
 * was taken out is gone.
 */
export class Timeline {
  readonly #beganAtMs: number;
  readonly #startPair: number;
  readonly #caller: Track;
  readonly #agent: Track;
  #takenPair: number;
  #callerEndPair: number;
  #agentEndPair: number;
  /** From the carrier's timestamps to the timeline. */
  #stampOffsetPairs: number | undefined;
  /** Stretches in which nothing is kept; the last one is open while it is blank. */
  #blanks: { from: number; to: number }[] = [];
  #isBlank = false;

  /** Begins at `startMs` of the call, which is at `beganAtMs` of the clock. */
  constructor(startMs: number, beganAtMs: number) {
    this.#beganAtMs = beganAtMs;
    this.#startPair = Math.round(startMs * PAIRS_PER_MS);
    this.#caller = new Track(this.#startPair);
    this.#agent = new Track(this.#startPair);
    this.#takenPair = this.#startPair;
    this.#callerEndPair = this.#startPair;
    this.#agentEndPair = this.#startPair;
  }

  /** Everything before this was taken out. */
  get takenPair(): number {
    return this.#takenPair;
  }

  /** Where the newest audio of the caller ends. */
  get callerEndPair(): number {
    return this.#callerEndPair;
  }

  pairAt(nowMs: number): number {
    return this.#startPair + (nowMs - this.#beganAtMs) * PAIRS_PER_MS;
  }

  /** Nothing before this changes any more, if caller audio that comes later than `latestMs` is left out. */
  certainPair(nowMs: number, latestMs: number): number {
    const nowPair = Math.floor(this.pairAt(nowMs));
    const callerPair = Math.max(this.#callerEndPair, nowPair - latestMs * PAIRS_PER_MS);
    return Math.min(nowPair - HELD_BACK_MS * PAIRS_PER_MS, callerPair);
  }

  /** Mu-law of the caller in any length. Without a timestamp it follows what came before. */
  caller(mulaw: Uint8Array, timestampMs: number | undefined, nowMs: number): void {
    const at = this.#placeOfCaller(mulaw.length, timestampMs, Math.floor(this.pairAt(nowMs)));
    if (at === undefined || this.#isBlank) return;
    this.#caller.write(at, mulaw);
    for (const { from, to } of this.#blanks) this.#caller.erase(Math.max(from, at), Math.min(to, at + mulaw.length));
  }

  /** Mu-law that was sent to the carrier, to be played after what was sent before. */
  agent(mulaw: Uint8Array, nowMs: number): void {
    const nowPair = Math.ceil(this.pairAt(nowMs));
    const at = Math.max(this.#agentEndPair, nowPair);
    if (at + mulaw.length - nowPair > QUEUE_LIMIT_MS * PAIRS_PER_MS) return;
    this.#agent.write(at, mulaw);
    this.#agentEndPair = at + mulaw.length;
  }

  /** The carrier was told to throw away what has not been played: it never sounds. */
  cleared(nowMs: number): void {
    const nowPair = Math.ceil(this.pairAt(nowMs));
    if (nowPair >= this.#agentEndPair) return;
    this.#agent.erase(nowPair, this.#agentEndPair);
    this.#agentEndPair = nowPair;
  }

  /**
   * From `atMs` on neither side is kept, or both are again. May begin as far back as nothing was taken out, and may end ahead
   * of now. What the caller says meanwhile is dropped as it comes; what the agent still has to say after it is kept.
   */
  blank(isBlank: boolean, atMs: number): void {
    if (isBlank === this.#isBlank) return;
    this.#isBlank = isBlank;
    if (isBlank) {
      const from = Math.max(this.#takenPair, Math.floor(this.pairAt(atMs)));
      this.#blanks.push({ from, to: Number.POSITIVE_INFINITY });
      this.#caller.erase(from, Number.POSITIVE_INFINITY);
    } else {
      this.#blanks.at(-1)!.to = Math.ceil(this.pairAt(atMs));
    }
  }

  /** Moves everything before `untilPair` into `pairs` as PCM: the caller left, the agent right. */
  takePairs(pairs: Int16Array, untilPair: number): void {
    this.#prepare(untilPair);
    this.#caller.moveInto(pairs, 0, untilPair);
    this.#agent.moveInto(pairs, 1, untilPair);
  }

  /** Moves everything before `untilPair` out as mu-law, each side as long as the other. */
  takeMulaw(untilPair: number): { caller: Uint8Array; agent: Uint8Array } {
    this.#prepare(untilPair);
    return { caller: this.#caller.moveOut(untilPair), agent: this.#agent.moveOut(untilPair) };
  }

  #prepare(untilPair: number): void {
    for (const { from, to } of this.#blanks) {
      const last = Math.min(to, untilPair);
      this.#caller.erase(from, last);
      this.#agent.erase(from, last);
    }
    this.#blanks = this.#blanks.filter(({ to }) => to > untilPair);
    this.#takenPair = untilPair;
  }

  /** Where a piece of caller audio lies; undefined when its time cannot be right. */
  #placeOfCaller(length: number, timestampMs: number | undefined, nowPair: number): number | undefined {
    let at = Math.max(this.#callerEndPair, this.#takenPair);
    if (timestampMs !== undefined) {
      const stamp = Math.round(timestampMs * PAIRS_PER_MS);
      const isFirst = this.#stampOffsetPairs === undefined;
      // Twilio counts from before the handshake: the first piece lies where it arrived, but never later than it says.
      const first = Math.max(this.#startPair, Math.min(nowPair - length, this.#startPair + stamp));
      this.#stampOffsetPairs ??= first - stamp;
      const exact = stamp + this.#stampOffsetPairs;
      const isInLine = !isFirst && Math.abs(exact - this.#callerEndPair) <= JITTER_MS * PAIRS_PER_MS;
      at = isInLine ? this.#callerEndPair : exact;
    }
    if (!(at <= nowPair + AHEAD_LIMIT_MS * PAIRS_PER_MS)) return undefined;
    this.#callerEndPair = Math.max(this.#callerEndPair, at + length);
    return at;
  }
}
