import { decodeMulaw } from '../audio/mulaw.js';
import { SpeechDetector } from '../audio/speech-detector.js';
import { Upsampler8to16 } from '../audio/upsampler.js';

const SAMPLES_PER_MS = 8;
const SLICE_SAMPLES = 160;

/** Timestamps of the carrier jitter by some ms; only more than this is a gap. */
const GAP_TOLERANCE_MS = 40;

/**
 * Longest silence put in for one gap. A model stream wants the caller's time to go on, but a burst of many seconds
 * would only be delay; what is missing beyond is skipped.
 */
const LONGEST_FILL_MS = 3000;

/** Audio may run ahead of the clock by this much (a burst after a stall); what comes faster is a flood and dropped. */
export const AHEAD_LIMIT_MS = 3000;

export interface UplinkOptions {
  inputRateHz: number;
  now: () => number;
  /** Takes s16le at the input rate; the bytes are valid during the call only. */
  hear: (s16le: Uint8Array, durationMs: number) => void;
}

/**
 * Caller audio on its way to the model: mu-law in any length, s16le out in the same tick. Time that is missing in the
 * carrier's timestamps, or that passes without any message, is filled with silence, because the model ends a turn by
 * hearing silence and gives up a stream on which nothing comes.
 */
export class Uplink {
  readonly speech = new SpeechDetector();
  /** Silence put in for missing audio, and caller audio given up, in ms. */
  filledMs = 0;
  droppedMs = 0;
  readonly #options: UplinkOptions;
  readonly #upsampler: Upsampler8to16 | undefined;
  readonly #samples = new Int16Array(SLICE_SAMPLES);
  readonly #silence = new Uint8Array(SLICE_SAMPLES).fill(0xff);
  readonly #startedAtMs: number;
  #audioMs = 0;
  #expectedTimestampMs: number | undefined;
  #filledSinceMediaMs = 0;
  /** Silence that stood in for audio which came after all. */
  #extraSilenceMs = 0;
  #lastInputAtMs: number;
  #speechStartMs: number | undefined;
  #wasSpeaking = false;

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#upsampler = options.inputRateHz === 16000 ? new Upsampler8to16() : undefined;
    this.#startedAtMs = options.now();
    this.#lastInputAtMs = this.#startedAtMs;
  }

  /** Everything passed on so far: the uplink's own time line. */
  get audioMs(): number {
    return this.#audioMs;
  }

  /** When the first speech since `takeUtterance` began, on the uplink's time line. */
  get speechStartMs(): number | undefined {
    return this.#speechStartMs;
  }

  /** Bounds of the speech since the last call of this, in ms of the uplink; undefined when there was none. */
  takeUtterance(): { startMs: number; endMs: number } | undefined {
    const startMs = this.#speechStartMs;
    this.#speechStartMs = this.speech.speaking ? this.#audioMs : undefined;
    if (startMs === undefined) return undefined;
    return { startMs, endMs: Math.max(startMs, this.speech.lastSpeechEndMs ?? startMs) };
  }

  /** One media message. Returns false when it came so much faster than time passes that it was dropped. */
  push(mulaw: Uint8Array, timestampMs: number | undefined): boolean {
    const durationMs = mulaw.length / SAMPLES_PER_MS;
    if (timestampMs !== undefined) {
      const leapMs = timestampMs - (this.#expectedTimestampMs ?? timestampMs);
      const missingMs = leapMs - this.#filledSinceMediaMs;
      // What was late and not lost comes after the silence that stood in for it: that silence is no flood of the caller's.
      this.#extraSilenceMs += Math.max(0, this.#filledSinceMediaMs - Math.max(0, leapMs));
      if (missingMs > GAP_TOLERANCE_MS) this.fill(Math.min(missingMs, LONGEST_FILL_MS, this.#roomMs));
      this.#expectedTimestampMs = timestampMs + durationMs;
    } else {
      this.#extraSilenceMs += this.#filledSinceMediaMs;
      if (this.#expectedTimestampMs !== undefined) this.#expectedTimestampMs += durationMs;
    }
    this.#filledSinceMediaMs = 0;
    this.#lastInputAtMs = this.#options.now();
    if (durationMs > this.#roomMs) {
      this.droppedMs += durationMs;
      return false;
    }
    this.#pass(mulaw);
    return true;
  }

  /**
   * Called now and then: when no message came for `quietMs`, silence stands in for the time that has passed. In the middle
   * of speech only after `midSpeechMs`: most likely more of it is late, and silence would cut it in two.
   */
  fillQuiet(quietMs: number, midSpeechMs = quietMs): void {
    const missingMs = this.#options.now() - this.#lastInputAtMs - this.#filledSinceMediaMs;
    if (missingMs < (this.speech.speaking ? midSpeechMs : quietMs)) return;
    const wholeMs = Math.floor(Math.min(missingMs, LONGEST_FILL_MS) / 20) * 20;
    this.fill(wholeMs);
    this.#filledSinceMediaMs += wholeMs;
  }

  /** How much may be passed on now without running further ahead of the clock than is allowed. */
  get #roomMs(): number {
    const aheadMs = this.#audioMs - this.#extraSilenceMs - (this.#options.now() - this.#startedAtMs);
    return Math.max(0, AHEAD_LIMIT_MS - aheadMs);
  }

  /** Passes silence on. */
  fill(durationMs: number): void {
    this.filledMs += durationMs;
    let remaining = Math.round(durationMs * SAMPLES_PER_MS);
    while (remaining > 0) {
      const count = Math.min(remaining, SLICE_SAMPLES);
      this.#pass(count === SLICE_SAMPLES ? this.#silence : this.#silence.subarray(0, count));
      remaining -= count;
    }
  }

  #pass(mulaw: Uint8Array): void {
    for (let offset = 0; offset < mulaw.length; offset += SLICE_SAMPLES) {
      const slice =
        mulaw.length <= SLICE_SAMPLES ? mulaw : mulaw.subarray(offset, Math.min(offset + SLICE_SAMPLES, mulaw.length));
      const count = decodeMulaw(slice, this.#samples);
      const samples = count === SLICE_SAMPLES ? this.#samples : this.#samples.subarray(0, count);
      this.#followSpeech(samples);
      this.#audioMs += count / SAMPLES_PER_MS;
      if (this.#upsampler) this.#upsampler.push(samples, this.#send16k);
      else this.#options.hear(bytesOf(samples), count / SAMPLES_PER_MS);
    }
  }

  #followSpeech(samples: Int16Array): void {
    this.speech.push(samples);
    const { speaking } = this.speech;
    if (speaking && !this.#wasSpeaking) this.#speechStartMs ??= this.speech.lastSpeechStartMs ?? this.#audioMs;
    this.#wasSpeaking = speaking;
  }

  readonly #send16k = (samples: Int16Array): void => {
    this.#options.hear(bytesOf(samples), samples.length / 16);
  };
}

/** The samples as they lie in memory: s16le on every machine this runs on. Shares the memory. */
function bytesOf(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}
