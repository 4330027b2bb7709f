import type { Clock } from '../clock.js';
import { BridgeError, messageOf } from '../errors.js';
import type { KeptRecording, RecordingSink } from './store.js';
import { Track } from './track.js';
import { PAIRS_PER_MS } from './wave-header.js';

/** How often what was heard goes to the file. With what is held back, a crash loses a second at most. */
export const WRITE_INTERVAL_MS = 700;

/** What is younger than this is not written yet, so that a blank span may begin this far back. */
export const HELD_BACK_MS = 300;

/** Caller audio may come this late and still find its place; the file waits for it as long as that. */
const LATEST_MS = 5000;

/** Caller audio with a time so far in the future is not believed. */
const AHEAD_LIMIT_MS = 10_000;

/** Timestamps of the carrier jitter by a few ms; only more than this is a gap. */
const JITTER_MS = 10;

/** Twilio buffers ten minutes of audio and discards what comes on top. Source: Twilio, error 31931. */
const QUEUE_LIMIT_MS = 600_000;

/** A disk that is further behind than this is given up. */
export const BEHIND_LIMIT_MS = 30_000;

export interface CallRecorderOptions {
  sink: RecordingSink;
  clock: Clock;
  /** Where this media stream begins on the call's timeline, in ms. */
  startMs: number;
  /** Told once, when the recording was given up; audio goes on. */
  failed: (error: BridgeError) => void;
}

/**
 * Records one media stream: the caller left, by the carrier's timestamps; the agent right, as the carrier plays it (one
 * queue in real time, emptied by `clear`). Nothing waits and nothing throws; the file is written beside the call.
 */
export class CallRecorder {
  /** What is kept in the end; undefined when nothing is, or not yet at the end of the process. Never rejects. */
  readonly ended: Promise<KeptRecording | undefined>;
  readonly #options: CallRecorderOptions;
  readonly #beganAtMs: number;
  readonly #startPair: number;
  #tracks: { caller: Track; agent: Track } | undefined;
  /** Everything before this is in the file, or on its way. */
  #writtenPair: number;
  #callerEndPair: number;
  #agentEndPair: number;
  /** From the carrier's timestamps to the timeline. */
  #stampOffsetPairs: number | undefined;
  /** Stretches in which nothing is kept; the last one is open while it is blank. */
  #blanks: { from: number; to: number }[] = [];
  #isBlank = false;
  #state: 'recording' | 'closed' | 'failed' = 'recording';
  #writing: Promise<void> | undefined;
  #buffer = new Int16Array(2 * PAIRS_PER_MS * 2 * WRITE_INTERVAL_MS);
  #cancelTimer = (): void => undefined;
  #settle: (kept: KeptRecording | undefined) => void = () => undefined;

  constructor(options: CallRecorderOptions) {
    this.#options = options;
    this.#beganAtMs = options.clock.now();
    this.#startPair = Math.round(options.startMs * PAIRS_PER_MS);
    this.#tracks = { caller: new Track(this.#startPair), agent: new Track(this.#startPair) };
    this.#writtenPair = this.#startPair;
    this.#callerEndPair = this.#startPair;
    this.#agentEndPair = this.#startPair;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#schedule();
  }

  /** How long the recording is so far, in ms of the call. */
  get durationMs(): number {
    return Math.round(this.#writtenPair / PAIRS_PER_MS);
  }

  /** Mu-law of the caller in any length. Without a timestamp it follows what came before. */
  caller(mulaw: Uint8Array, timestampMs: number | undefined, nowMs: number): void {
    if (!this.#tracks) return;
    const at = this.#placeOfCaller(mulaw.length, timestampMs, Math.floor(this.#pairAt(nowMs)));
    if (at === undefined || this.#isBlank) return;
    this.#tracks.caller.write(at, mulaw);
    for (const { from, to } of this.#blanks)
      this.#tracks.caller.erase(Math.max(from, at), Math.min(to, at + mulaw.length));
  }

  /** Mu-law that was sent to the carrier, to be played after what was sent before. */
  agent(mulaw: Uint8Array, nowMs: number): void {
    if (!this.#tracks) return;
    const nowPair = Math.ceil(this.#pairAt(nowMs));
    const at = Math.max(this.#agentEndPair, nowPair);
    if (at + mulaw.length - nowPair > QUEUE_LIMIT_MS * PAIRS_PER_MS) return;
    this.#tracks.agent.write(at, mulaw);
    this.#agentEndPair = at + mulaw.length;
  }

  /** The carrier was told to throw away what has not been played: it never sounds. */
  cleared(nowMs: number): void {
    const nowPair = Math.ceil(this.#pairAt(nowMs));
    if (!this.#tracks || nowPair >= this.#agentEndPair) return;
    this.#tracks.agent.erase(nowPair, this.#agentEndPair);
    this.#agentEndPair = nowPair;
  }

  /**
   * From `atMs` on neither side is kept, or both are again. May begin up to `HELD_BACK_MS` ago and may end ahead of now.
   * What the caller says meanwhile is dropped as it comes; what the agent still has to say after it is kept.
   */
  blank(isBlank: boolean, atMs: number): void {
    if (!this.#tracks || isBlank === this.#isBlank) return;
    this.#isBlank = isBlank;
    if (isBlank) {
      const from = Math.max(this.#writtenPair, Math.floor(this.#pairAt(atMs)));
      this.#blanks.push({ from, to: Number.POSITIVE_INFINITY });
      this.#tracks.caller.erase(from, Number.POSITIVE_INFINITY);
    } else {
      this.#blanks.at(-1)!.to = Math.ceil(this.#pairAt(atMs));
    }
  }

  /** The media stream is over: what the carrier still had to play is not heard. May be called twice. */
  close(): void {
    const tracks = this.#tracks;
    if (this.#state !== 'recording' || !tracks) return;
    this.#state = 'closed';
    this.#cancelTimer();
    const nowPair = Math.ceil(this.#pairAt(this.#options.clock.now()));
    tracks.agent.erase(nowPair, this.#agentEndPair);
    void this.#finish(Math.max(nowPair, this.#callerEndPair));
  }

  #pairAt(nowMs: number): number {
    return this.#startPair + (nowMs - this.#beganAtMs) * PAIRS_PER_MS;
  }

  /** Where a piece of caller audio lies; undefined when its time cannot be right. */
  #placeOfCaller(length: number, timestampMs: number | undefined, nowPair: number): number | undefined {
    let at = Math.max(this.#callerEndPair, this.#writtenPair);
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

  #schedule(): void {
    this.#cancelTimer = this.#options.clock.after(WRITE_INTERVAL_MS, () => {
      this.#schedule();
      this.#write(this.#certainPair());
    });
  }

  /** Nothing before this changes any more. */
  #certainPair(): number {
    const nowPair = Math.floor(this.#pairAt(this.#options.clock.now()));
    const callerPair = Math.max(this.#callerEndPair, nowPair - LATEST_MS * PAIRS_PER_MS);
    return Math.min(nowPair - HELD_BACK_MS * PAIRS_PER_MS, callerPair);
  }

  /** Starts to write everything before `untilPair`, unless the disk is still busy. */
  #write(untilPair: number): void {
    const pairCount = untilPair - this.#writtenPair;
    if (this.#writing) {
      if (pairCount > BEHIND_LIMIT_MS * PAIRS_PER_MS) this.#fail('the disk is too slow');
      return;
    }
    if (pairCount <= 0) return;
    const at = this.#writtenPair;
    this.#interleave(untilPair);
    const bytes = new Uint8Array(this.#buffer.buffer, 0, pairCount * 4);
    this.#writing = this.#options.sink.write(at, bytes).then(
      () => {
        this.#writing = undefined;
      },
      (error: unknown) => {
        this.#writing = undefined;
        this.#fail(messageOf(error), error);
      },
    );
  }

  #interleave(untilPair: number): void {
    const { caller, agent } = this.#tracks!;
    const firstPair = this.#writtenPair;
    const sampleCount = 2 * (untilPair - firstPair);
    if (this.#buffer.length < sampleCount) this.#buffer = new Int16Array(sampleCount);
    agent.moveInto(this.#buffer, 1, untilPair);
    caller.moveInto(this.#buffer, 0, untilPair);
    for (const { from, to } of this.#blanks) {
      const first = Math.max(from, firstPair);
      const last = Math.min(to, untilPair);
      if (first < last) this.#buffer.fill(0, 2 * (first - firstPair), 2 * (last - firstPair));
    }
    this.#blanks = this.#blanks.filter(({ to }) => to > untilPair);
    this.#writtenPair = untilPair;
  }

  #fail(message: string, cause?: unknown): void {
    if (this.#state === 'failed' || !this.#tracks) return;
    const wasClosed = this.#state === 'closed';
    this.#state = 'failed';
    this.#cancelTimer();
    this.#tracks = undefined;
    this.#options.failed(new BridgeError('RECORDING_FAILED', message, { writtenMs: this.durationMs }, { cause }));
    if (!wasClosed) void this.#finish(undefined);
  }

  /** What is in the file by then is kept, also of a recording that failed. */
  async #finish(endPair: number | undefined): Promise<void> {
    await this.#writing;
    if (endPair !== undefined && this.#tracks) this.#write(Math.max(endPair, this.#writtenPair));
    await this.#writing;
    this.#tracks = undefined;
    try {
      this.#settle(await this.#options.sink.close());
    } catch (error) {
      if (this.#state !== 'failed') {
        this.#state = 'failed';
        const message = messageOf(error);
        this.#options.failed(new BridgeError('RECORDING_FAILED', message, {}, { cause: error }));
      }
      this.#settle(undefined);
    }
  }
}
