import type { Clock } from '../clock.js';
import { BridgeError, messageOf } from '../errors.js';
import type { KeptRecording, RecordingSink } from './store.js';
import { Timeline } from './timeline.js';
import { BYTES_PER_PAIR, PAIRS_PER_MS } from './wave-header.js';

/**
 * How often what was heard goes to the file. With what is held back, a crash loses a second at most; more only while the
 * disk is slow or nothing comes from the caller.
 */
export const WRITE_INTERVAL_MS = 700;

/** Caller audio may come this late and still find its place; the file waits for it as long as that, in ms. */
const LATEST_MS = 5000;

/** A disk that is further behind than this is given up, be it slow, full or gone. */
export const BEHIND_LIMIT_MS = 30_000;

export interface CallRecorderOptions {
  sink: RecordingSink;
  clock: Clock;
  /** Where this media stream begins on the call's timeline, in ms. */
  startMs: number;
  /** Told once, when the recording was given up; audio goes on. */
  failed: (error: BridgeError) => void;
  /** Told at the end of a recording that was given up: how much audio it lacks, in bytes. */
  lost?: (byteLength: number) => void;
}

/**
 * Records one media stream: the caller left, the agent right, each where it is heard. Nothing waits and nothing throws; the
 * file is written beside the call.
 */
export class CallRecorder {
  /** What is kept in the end; undefined when nothing is, or not yet at the end of the process. Never rejects. */
  readonly ended: Promise<KeptRecording | undefined>;
  readonly #options: CallRecorderOptions;
  /** Undefined once the recording was given up. */
  #timeline: Timeline | undefined;
  /** Everything before this is in the file, or on its way. */
  #writtenPair: number;
  /** Known when the media stream is over. */
  #endPair: number | undefined;
  #state: 'recording' | 'closed' | 'failed' = 'recording';
  #writing: Promise<void> | undefined;
  /** What the disk refused: it is written before anything else. */
  #refused: { at: number; bytes: Uint8Array; error: unknown } | undefined;
  /** Of a recording that was given up: what comes after this is lost, in ms of the clock. */
  #lostFromMs: number | undefined;
  #buffer = new Int16Array(2 * PAIRS_PER_MS * 2 * WRITE_INTERVAL_MS);
  #cancelTimer = (): void => undefined;
  #settle: (kept: KeptRecording | undefined) => void = () => undefined;

  constructor(options: CallRecorderOptions) {
    this.#options = options;
    this.#timeline = new Timeline(options.startMs, options.clock.now());
    this.#writtenPair = this.#timeline.takenPair;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#schedule();
  }

  /** How long the recording is so far, in ms of the call. */
  get durationMs(): number {
    return Math.round((this.#refused?.at ?? this.#writtenPair) / PAIRS_PER_MS);
  }

  /** Mu-law of the caller in any length. Without a timestamp it follows what came before. */
  caller(mulaw: Uint8Array, timestampMs: number | undefined, nowMs: number): void {
    this.#timeline?.caller(mulaw, timestampMs, nowMs);
  }

  /** Mu-law that was sent to the carrier, to be played after what was sent before. */
  agent(mulaw: Uint8Array, nowMs: number): void {
    this.#timeline?.agent(mulaw, nowMs);
  }

  /** The carrier was told to throw away what has not been played: it never sounds. */
  cleared(nowMs: number): void {
    this.#timeline?.cleared(nowMs);
  }

  /** From `atMs` on neither side is kept, or both are again. May begin up to `HELD_BACK_MS` ago and may end ahead of now. */
  blank(isBlank: boolean, atMs: number): void {
    this.#timeline?.blank(isBlank, atMs);
  }

  /** The media stream is over: what the carrier still had to play is not heard. May be called twice. */
  close(): void {
    const timeline = this.#timeline;
    this.#countLost();
    if (this.#state !== 'recording' || !timeline) return;
    this.#state = 'closed';
    this.#cancelTimer();
    const nowMs = this.#options.clock.now();
    timeline.cleared(nowMs);
    this.#endPair = Math.max(Math.ceil(timeline.pairAt(nowMs)), timeline.callerEndPair);
    void this.#finish(this.#endPair);
  }

  #schedule(): void {
    this.#cancelTimer = this.#options.clock.after(WRITE_INTERVAL_MS, () => {
      this.#schedule();
      if (this.#timeline) this.#write(this.#timeline, this.#timeline.certainPair(this.#options.clock.now(), LATEST_MS));
    });
  }

  /** Starts to write everything before `untilPair`, unless the disk is still busy. */
  #write(timeline: Timeline, untilPair: number): void {
    const isTooLate = this.#isTooLate(untilPair);
    if (this.#writing) {
      if (isTooLate) this.#fail('the disk is too slow');
      return;
    }
    if (this.#refused) {
      const { at, bytes, error } = this.#refused;
      if (isTooLate) this.#fail(messageOf(error), error);
      else this.#send(at, bytes);
      return;
    }
    const pairCount = untilPair - this.#writtenPair;
    if (pairCount <= 0) return;
    const at = this.#writtenPair;
    if (this.#buffer.length < 2 * pairCount) this.#buffer = new Int16Array(2 * pairCount);
    timeline.takePairs(this.#buffer, untilPair);
    this.#writtenPair = untilPair;
    this.#send(at, new Uint8Array(this.#buffer.buffer, 0, pairCount * 4));
  }

  #isTooLate(untilPair: number): boolean {
    return untilPair - (this.#refused?.at ?? this.#writtenPair) > BEHIND_LIMIT_MS * PAIRS_PER_MS;
  }

  #send(at: number, bytes: Uint8Array): void {
    this.#writing = this.#options.sink.write(at, bytes).then(
      () => {
        this.#writing = undefined;
        this.#refused = undefined;
      },
      (error: unknown) => {
        this.#writing = undefined;
        this.#refused = { at, bytes, error };
        // A name that cannot be one of a file never will be.
        if (error instanceof BridgeError && error.code === 'REQUEST_INVALID') this.#fail(error.message, error);
      },
    );
  }

  #fail(message: string, cause?: unknown): void {
    if (this.#state === 'failed' || !this.#timeline) return;
    const wasClosed = this.#state === 'closed';
    this.#state = 'failed';
    this.#cancelTimer();
    const nowMs = this.#options.clock.now();
    const reachedPair = this.#endPair ?? this.#timeline.pairAt(nowMs);
    this.#lostFromMs = nowMs - (reachedPair / PAIRS_PER_MS - this.durationMs);
    this.#timeline = undefined;
    if (wasClosed) this.#countLost();
    this.#options.failed(new BridgeError('RECORDING_FAILED', message, { writtenMs: this.durationMs }, { cause }));
    if (!wasClosed) void this.#finish(undefined);
  }

  #countLost(): void {
    if (this.#lostFromMs === undefined) return;
    const lostMs = this.#options.clock.now() - this.#lostFromMs;
    this.#lostFromMs = undefined;
    this.#options.lost?.(Math.round(lostMs * PAIRS_PER_MS) * BYTES_PER_PAIR);
  }

  /** What is in the file by then is kept, also of a recording that failed. */
  async #finish(endPair: number | undefined): Promise<void> {
    await this.#writing;
    if (endPair !== undefined) await this.#writeRest(endPair);
    this.#timeline = undefined;
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

  /** A disk that refuses is asked again, as long after the end of the call as during it. */
  async #writeRest(endPair: number): Promise<void> {
    const { clock } = this.#options;
    while (this.#timeline && (this.#refused || this.#writtenPair < endPair)) {
      this.#write(this.#timeline, Math.max(endPair, this.#writtenPair));
      await this.#writing;
      if (!this.#refused) continue;
      if (this.#isTooLate(this.#timeline.pairAt(clock.now()))) {
        this.#fail(messageOf(this.#refused.error), this.#refused.error);
      } else {
        await new Promise<void>((resolve) => clock.after(WRITE_INTERVAL_MS, resolve));
      }
    }
  }
}
