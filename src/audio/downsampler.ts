import type { ByteConverter } from './byte-converter.js';
import { filter, placeTaps } from './fir.js';
import { lowPass } from './kaiser.js';
import { asPcm, type PcmSink, SAMPLES_PER_MS_24K, SLICE_MS } from './pcm.js';

const TAPS = 120;
const STEP = 3;
const SLICE = SLICE_MS * SAMPLES_PER_MS_24K;
/** Before the first sample the window lacks exactly one step, so that every third sample in gives one out at once. */
const PRIMED = TAPS - STEP;
/** At most one step less a sample waits beside the window, and a slice comes. */
const CAPACITY = TAPS - 1 + SLICE;
/** Samples by which the output is late: the middle of the window seen from its newest step. */
const DELAY = PRIMED - (TAPS - 1) / 2;
/** A little under 4 kHz: -90 dB is then reached at 4.6 kHz, and 3.4 kHz still passes within 0.002 dB. */
const CUTOFF_HZ = 3980;
const PLACED_TAPS = placeTaps(lowPass(TAPS, CUTOFF_HZ / 24_000, 9.5));

/**
 * 24 kHz s16le bytes to 8 kHz samples for the agent's voice, one instance per call.
 * floor(n / 3) samples come out for n in, however they are cut, 2.4 ms late.
 * Linear phase; what lies above 4.6 kHz aliases at -90 dB or less.
 */
export class Downsampler24to8 implements ByteConverter {
  /** Samples that windows still to come will read, then the new ones; `#filled` counts both. */
  readonly #history = new Float32Array(CAPACITY);
  readonly #out = new Int16Array(SLICE / STEP);
  #filled = PRIMED;
  /** Low byte of a sample whose high byte has not come yet, or -1. */
  #lowByte = -1;
  #hasInput = false;

  push(s16le: Uint8Array, sink: PcmSink<8000>): void {
    const byteCount = s16le.length;
    let at = 0;
    while (at < byteCount) {
      at = this.#take(s16le, at);
      this.#emit(sink);
    }
  }

  flush(sink: PcmSink<8000>): void {
    if (!this.#hasInput) return;
    const begun = this.#filled - PRIMED;
    const zeroCount = Math.floor(DELAY) + (begun === 0 ? 0 : STEP - begun);
    this.#history.fill(0, this.#filled, this.#filled + zeroCount);
    this.#filled += zeroCount;
    this.#emit(sink);
    this.reset();
  }

  reset(): void {
    this.#history.fill(0);
    this.#filled = PRIMED;
    this.#lowByte = -1;
    this.#hasInput = false;
  }

  /** Copies at most one slice of whole samples into the history; returns the position of the first byte not taken. */
  #take(s16le: Uint8Array, from: number): number {
    const history = this.#history;
    let at = from;
    let filled = this.#filled;
    const full = filled + SLICE;
    if (this.#lowByte >= 0) {
      history[filled++] = ((s16le[at++]! << 24) >> 16) | this.#lowByte;
      this.#lowByte = -1;
    }
    const end = at + 2 * Math.min(full - filled, (s16le.length - at) >> 1);
    for (; at < end; at += 2) history[filled++] = ((s16le[at + 1]! << 24) >> 16) | s16le[at]!;
    if (at === s16le.length - 1) this.#lowByte = s16le[at++]!;
    if (filled > this.#filled) this.#hasInput = true;
    this.#filled = filled;
    return at;
  }

  #emit(sink: PcmSink<8000>): void {
    const history = this.#history;
    const out = this.#out;
    const filled = this.#filled;
    const count = Math.floor((filled - PRIMED) / STEP);
    if (count === 0) return;
    filter(history, PLACED_TAPS, STEP, count, out, 1);
    history.copyWithin(0, count * STEP, filled);
    this.#filled = filled - count * STEP;
    sink(asPcm(count === SLICE / STEP ? out : out.subarray(0, count), 8000));
  }
}
